import Foundation
import Postgres

/// What takes the step `code` off a login where no code was sent: an app's code, a recovery code. A
/// further authenticator that proves itself (WebAuthn) is one more of these, in a file of its own.
///
/// Rows are locked in the order login, then what was proved with, account.
protocol LoginProof: IdempotentStatement where Outcome == LoginProofOutcome {
    /// What the session keeps of it.
    static var method: Proof.Method { get }
    /// Arms up to `judged`, which has one row (`word`, `factor_id`, `attempts_left`, `disabled`,
    /// `again_at`, `codes_left`); `accepted` is the word for a right one. They read the arm `awaited`:
    /// one row (`account_id`) where the login waits for a code, else none.
    static var provingArms: String { get }
    var loginID: UUID { get }
    var session: NewSession { get }
    /// From `$10` on.
    var proofParameters: [Parameter] { get }
}

enum LoginProofOutcome: Sendable {
    /// No session where another step comes next.
    case accepted(OpenedSession?, recoveryCodesLeft: Int?)
    case refused(ProofRefusal)
}

extension LoginProof {
    var subject: UUID? { loginID }

    static var arms: String {
        """
        flow as (  -- 1. The login, as this caller may see it; a disabled account's is over.
            select login.login_id, login.account_id, login.steps[1] as step,
                   login.done_at is not null as done,
                   login.ended_at is not null or login.expires_at <= clock_timestamp()
                       or account.disabled_at is not null as ended
            from login
            join account using (account_id)
            where login.practice_id = $1::uuid
              and login.login_id = $6::uuid
              and login.client_id = $2::uuid
              and not exists (select from stored)
            for update of login
        ),
        awaited as (
            select flow.account_id
            from flow
            where flow.step = 'code'
              and not flow.done
              and not flow.ended
        ),
        \(provingArms),
        advanced as (  -- 3. A right one takes its step off.
            update login
            set steps = login.steps[2:],
                done_at = case when cardinality(login.steps) = 1 then clock_timestamp() end,
                session_id = case when cardinality(login.steps) = 1 then $7::uuid end,
                proofs = login.proofs || proof('\(method.rawValue)', judged.factor_id)
            from judged, awaited
            where login.practice_id = $1::uuid
              and login.login_id = $6::uuid
              and judged.word = 'accepted'
            returning login.account_id, login.done_at, login.proofs, login.later,
                      login.device
        ),
        \(RecoveredAccess.reprovenArm(
            account: "advanced.account_id", by: "judged.factor_id",
            from: "advanced cross join judged")),
        \(NewSession.openedArm(first: 7, authenticatedAt: "advanced.done_at")),
        \(OpenedSession.arm),
        outcome as (
            select case
                       when flow.login_id is null then 'unknown'
                       when flow.done then 'used'
                       when flow.ended then 'ended'
                       when flow.step is distinct from 'code' then 'used'
                       else judged.word
                   end as word,
                   judged.attempts_left, judged.disabled, judged.again_at, judged.codes_left,
                   advanced.account_id is not null as lasting,
                   flow.account_id as owner_id,
                   \(OpenedSession.columns)
            from judged
            left join flow on true
            left join advanced on true
            left join opened on true
            left join identified on true
        ),
        audited as (  -- 4. The try, and the sign-in that it completed.
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id)
            select $1::uuid, act.event,
                   case when outcome.word = 'accepted' then 'done' else 'refused' end,
                   case
                       when outcome.word = 'accepted' then '\(method.rawValue)'
                       else outcome.word
                   end,
                   $2::uuid, outcome.owner_id, act.object_id, $5::uuid
            from outcome
            cross join lateral (values
                ('\(AuditEvent.codeGuessed.rawValue)', $6::uuid),
                ('\(AuditEvent.loginCompleted.rawValue)', outcome.session_id)
            ) as act (event, object_id)
            where act.object_id is not null
              and outcome.word not in ('unknown', 'overtaken')
              and not exists (select from stored)
        )
        """
    }

    var ownParameters: [Parameter] { [.uuid(loginID)] + session.parameters + proofParameters }

    static func outcome(_ row: Row) throws -> LoginProofOutcome {
        if let refusal = try ProofRefusal(row) { return .refused(refusal) }
        return .accepted(
            try row.isNull("session_id") ? nil : OpenedSession(row),
            recoveryCodesLeft: try row.intIfPresent("codes_left"))
    }
}
