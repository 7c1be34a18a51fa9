import Foundation
import Postgres

/// Spends one guess on a login's code; the right one takes its step off the login and, with the last
/// step, opens the session.
///
/// A login whose app was chosen is not looked at, unless the caller says that the code was sent.
/// Rows are locked in the order subject, code, factor or contact, login, account.
struct VerifyCode: IdempotentStatement {
    let act: Act
    let guess: GuessCode
    let session: NewSession
    /// Whether the caller said so, whatever was chosen last.
    var wasSent = false

    var subject: UUID? { guess.flowID }

    enum Outcome: Sendable {
        /// Nil where another step comes next.
        case accepted(OpenedSession?)
        case refused(GuessRefusal)
    }

    static let arms = """
        flow as (  -- 1. The login, as this caller may see it; a disabled account's is over.
            select login.login_id as flow_id, login.account_id as subject_id,
                   '\(CodePurpose.signIn.slug)' as purpose,
                   login.done_at is not null as done,
                   login.ended_at is not null or login.expires_at <= clock_timestamp()
                       or account.disabled_at is not null as ended
            from login
            join account using (account_id)
            where login.practice_id = $1::uuid
              and login.login_id = $6::uuid
              and login.client_id = $2::uuid
              and (login.codeless_factor_id is null or $12::bool)
              and not exists (select from stored)
        ),
        \(GuessCode.arms),
        counted_by_factor as (  -- A phone counts by itself too (R4), and a chosen mailbox was used.
            update factor
            set \(FactorLimits.count(of: "factor")),
                last_used_at = case
                    when attempted.matched then clock_timestamp()
                    else factor.last_used_at
                end
            from flow, attempted
            where factor.account_id = flow.subject_id
              and factor.factor_id = attempted.factor_id
              and factor.disabled_at is null
              and (attempted.matched or factor.type <> '\(Factor.Kind.email.rawValue)')
            returning factor.failures
        ),
        counted_by_contact as (  -- A mailbox counts here, chosen or not.
            update contact
            set \(FactorLimits.count(of: "contact"))
            from flow, attempted
            where contact.account_id = flow.subject_id
              and contact.contact_id = attempted.factor_id
              and contact.disabled_at is null
              and not (attempted.matched and contact.failures = 0)
            returning contact.failures
        ),
        counted as (
            select \(FactorLimits.failures) - max(failures) as failures_left
            from (
                select failures from counted_by_factor
                union all
                select failures from counted_by_contact
            ) as counter
        ),
        stopped as (  -- The last wrong one that it bears: here no right one counts either.
            update login
            set ended_at = clock_timestamp()
            from counted
            where login.practice_id = $1::uuid
              and login.login_id = $6::uuid
              and login.done_at is null
              and login.ended_at is null
              and counted.failures_left <= 0
        ),
        advanced as (  -- 2. The right code takes its step off.
            update login
            set steps = login.steps[2:],
                done_at = case when cardinality(login.steps) = 1 then clock_timestamp() end,
                session_id = case when cardinality(login.steps) = 1 then $9::uuid end,
                proofs = login.proofs || proof(attempted.channel, attempted.factor_id)
            from attempted
            where login.practice_id = $1::uuid
              and login.login_id = $6::uuid
              and login.steps[1] = 'code'
              and login.done_at is null
              and login.ended_at is null
              and attempted.matched
              and attempted.alive
            returning login.account_id, login.done_at, login.proofs, login.later,
                      login.device
        ),
        \(RecoveredAccess.reprovenArm(
            account: "advanced.account_id", by: "attempted.factor_id",
            from: "advanced cross join attempted")),
        \(NewSession.openedArm(first: 9, authenticatedAt: "advanced.done_at")),
        \(OpenedSession.arm),
        decided as (
            select \(GuessCode.word(accepted: "advanced.account_id is not null")),
                   \(GuessCode.columns(left: "counted.failures_left")),
                   \(OpenedSession.columns)
            from (values (1)) as always_one_row
            \(GuessCode.joins)
            left join counted on true
            left join advanced on true
            left join opened on true
            left join identified on true
        ),
        outcome as (
            select decided.*, decided.word \(GuessCode.lasting) as lasting
            from decided
        ),
        audited as (  -- 4. The guess, and the sign-in that it completed.
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id)
            select $1::uuid, act.event,
                   case when outcome.word = 'accepted' then 'done' else 'refused' end,
                   case when outcome.word = 'accepted' then null else outcome.word end,
                   $2::uuid, outcome.guessed_subject_id, act.object_id, $5::uuid
            from outcome
            cross join lateral (values
                ('\(AuditEvent.codeGuessed.rawValue)', outcome.guessed_code_id),
                ('\(AuditEvent.loginCompleted.rawValue)', outcome.session_id)
            ) as act (event, object_id)
            where act.object_id is not null
              and outcome.word not in ('unknown', 'overtaken')
              and not exists (select from stored)
        )
        """

    var ownParameters: [Parameter] {
        guess.parameters + session.parameters + [.bool(wasSent)]
    }

    static func outcome(_ row: Row) throws -> Outcome {
        if let refusal = try GuessRefusal(row) { return .refused(refusal) }
        return .accepted(try row.isNull("session_id") ? nil : OpenedSession(row))
    }
}
