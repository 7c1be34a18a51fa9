import Foundation
import Postgres

/// Makes a pending app active by a right code, which is thereby burnt: it signs nobody in any more (F4).
///
/// Rows are locked in the order factor, session.
struct ActivateApp: IdempotentStatement {
    let act: Act
    let account: UUID
    let session: UUID
    let guess: AppGuess

    var subject: UUID? { account }

    enum Outcome: Sendable {
        case activated
        case refused(ProofRefusal)
    }

    static let arms = """
        owner as (
            select $6::uuid as account_id
            where not exists (select from stored)
        ),
        \(AppGuess.arms(first: 8, of: "owner", where: "factor.activated_at is null and factor.account_id = $6::uuid")),
        activated as (
            select judged.type
            from judged
            where judged.word = 'accepted'
        ),
        \(FactorSessions.mineArm(after: "activated", session: "$7")),
        \(FactorSessions.waitingArm(after: "activated", account: "$6", factor: "$8")),
        active as (  -- Before this request.
            select factor.factor_id
            from factor
            where factor.account_id = $6::uuid
              and factor.factor_id = $8::uuid
              and factor.activated_at is not null
        ),
        outcome as (
            select case
                       when exists (select from active) then 'used'
                       else judged.word
                   end as word,
                   judged.attempts_left, judged.again_at, judged.disabled,
                   judged.word = 'accepted' as lasting
            from judged
        ),
        audited as (
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.factorActivated.rawValue)',
                   case when outcome.word = 'accepted' then 'done' else 'refused' end,
                   case
                       when outcome.word = 'accepted' then '\(Factor.Kind.totp.rawValue)'
                       else outcome.word
                   end,
                   $2::uuid, $6::uuid, $8::uuid, $5::uuid
            from outcome
            where outcome.word not in ('gone', 'overtaken')
              and not exists (select from stored)
        )
        """

    var ownParameters: [Parameter] {
        [.uuid(account), .uuid(session)] + guess.parameters
    }

    static func outcome(_ row: Row) throws -> Outcome {
        try ProofRefusal(row).map(Outcome.refused) ?? .activated
    }
}
