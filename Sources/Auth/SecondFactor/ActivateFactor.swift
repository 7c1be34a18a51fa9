import Foundation
import Postgres

/// Spends one guess on the code that a pending factor was sent; the right one makes it active (AC-6).
///
/// Rows are locked in the order subject, code, factor, contact, session.
struct ActivateFactor: IdempotentStatement {
    let act: Act
    let guess: GuessCode
    let account: UUID
    let session: UUID

    var subject: UUID? { account }

    enum Outcome: Sendable {
        case activated(Factor.Kind)
        case refused(GuessRefusal)
    }

    static let arms = """
        flow as (  -- 1. The factor.
            select factor.factor_id as flow_id, factor.account_id as subject_id,
                   '\(CodePurpose.factor.slug)' as purpose,
                   factor.activated_at is not null as done, false as ended
            from factor
            where factor.account_id = $9::uuid
              and factor.factor_id = $6::uuid
              and not exists (select from stored)
        ),
        \(GuessCode.arms),
        activated as (  -- 2. The right code makes it active.
            update factor
            set activated_at = clock_timestamp()
            from attempted
            where factor.account_id = $9::uuid
              and factor.factor_id = $6::uuid
              and factor.activated_at is null
              and attempted.matched
              and attempted.alive
            returning factor.factor_id, factor.type
        ),
        rebound as (  -- A mailbox that was stopped signs in again, now that a code was read in it.
            update contact
            set failures = 0,
                disabled_at = null
            from activated
            where contact.account_id = $9::uuid
              and contact.contact_id = activated.factor_id
              and activated.type = '\(Factor.Kind.email.rawValue)'
        ),
        \(FactorSessions.mineArm(after: "activated", session: "$10")),
        \(FactorSessions.waitingArm(after: "activated", account: "$9", factor: "$6")),
        decided as (
            select \(GuessCode.word(accepted: "activated.factor_id is not null")),
                   \(GuessCode.columns()), activated.type
            from (values (1)) as always_one_row
            \(GuessCode.joins)
            left join activated on true
        ),
        outcome as (
            select decided.*, decided.word \(GuessCode.lasting) as lasting
            from decided
        ),
        audited as (
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id)
            select $1::uuid, act.event,
                   case when outcome.word = 'accepted' then 'done' else 'refused' end,
                   case when outcome.word = 'accepted' then outcome.type else outcome.word end,
                   $2::uuid, $9::uuid, act.object_id, $5::uuid
            from outcome
            cross join lateral (values
                ('\(AuditEvent.codeGuessed.rawValue)', outcome.guessed_code_id),
                ('\(AuditEvent.factorActivated.rawValue)',
                 case when outcome.word = 'accepted' then $6::uuid end)
            ) as act (event, object_id)
            where act.object_id is not null
              and outcome.word not in ('unknown', 'overtaken')
              and not exists (select from stored)
        )
        """

    var ownParameters: [Parameter] { guess.parameters + [.uuid(account), .uuid(session)] }

    static func outcome(_ row: Row) throws -> Outcome {
        if let refusal = try GuessRefusal(row) { return .refused(refusal) }
        guard let type = Factor.Kind(rawValue: try row.text("type")) else {
            throw PostgresError.undecodable("type")
        }
        return .activated(type)
    }
}
