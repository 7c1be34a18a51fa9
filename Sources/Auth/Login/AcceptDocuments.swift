import Foundation
import Postgres

/// Takes the step `accept_documents` off a login that has proved its code, keeps what was accepted and,
/// with the last step, opens the session (IN-5).
///
/// Rows are locked in the order login, consents. A login whose step is another one is left alone.
struct AcceptDocuments: IdempotentStatement {
    let act: Act
    let loginID: UUID
    let documents: [Document.Reference]
    /// From ``Document/languages(wanted:in:)``: what the person read.
    let languages: [String]
    let session: NewSession

    var subject: UUID? { loginID }

    enum Outcome: Sendable {
        case completed(OpenedSession)
        /// Another step comes next.
        case advanced
        /// What was given is no longer in force; these are left to be accepted.
        case superseded([Document.Reference])
        /// What was given is not what must be accepted, which is this.
        case required([Document.Reference])
        /// Another step comes first.
        case notDue
        case ended
        case unknown
    }

    static let arms = """
        flow as (  -- 1. The login, as this caller may see it; a disabled account's is over.
            select login.login_id, login.account_id, login.steps[1] as step,
                   login.done_at is not null or login.ended_at is not null
                       or login.expires_at <= clock_timestamp()
                       or account.disabled_at is not null as over
            from login
            join account using (account_id)
            where login.practice_id = $1::uuid
              and login.login_id = $6::uuid
              and login.client_id = $2::uuid
              and not exists (select from stored)
            for update of login
        ),
        \(Consents.judgedArms(
            kinds: "$7", versions: "$8", account: "(select flow.account_id from flow)")),
        advanced as (  -- 2. Its step is taken off.
            update login
            set steps = login.steps[2:],
                done_at = case when cardinality(login.steps) = 1 then clock_timestamp() end,
                session_id = case when cardinality(login.steps) = 1 then $10::uuid end
            from flow, judged
            where login.practice_id = $1::uuid
              and login.login_id = $6::uuid
              and login.steps[1] = '\(LoginPlan.Step.acceptDocuments.rawValue)'
              and login.done_at is null
              and login.ended_at is null
              and not flow.over
              and judged.verdict = 'agreed'
            returning login.account_id, login.done_at, login.proofs, login.later,
                      login.device
        ),
        \(Consents.storedArm(languages: "$9", agreed: "advanced")),
        \(NewSession.provedArm),
        \(NewSession.openedArm(
            first: 10, authenticatedAt: "(select proved.instant from proved)")),
        \(OpenedSession.arm),
        outcome as (
            select case
                       when opened.session_id is not null then 'completed'
                       when advanced.account_id is not null then 'advanced'
                       when flow.login_id is null then 'unknown'
                       when flow.over then 'ended'
                       when flow.step is distinct from '\(LoginPlan.Step.acceptDocuments.rawValue)'
                       then 'not-due'
                       when judged.verdict <> 'agreed' then judged.verdict
                       else 'ended'
                   end as word,
                   judged.documents,
                   advanced.account_id is not null as lasting,
                   \(OpenedSession.columns)
            from judged
            left join flow on true
            left join advanced on true
            left join opened on true
            left join identified on true
        ),
        audited as (  -- 3. What was accepted, and the sign-in that it completed.
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id)
            select $1::uuid, act.event, 'done', act.reason, $2::uuid, act.account_id,
                   act.object_id, $5::uuid
            from (
                select '\(AuditEvent.documentAccepted.rawValue)' as event,
                       consented.kind || '/' || consented.version || '/' || consented.locale
                           as reason,
                       consented.account_id, $6::uuid as object_id
                from consented
                union all
                select '\(AuditEvent.loginCompleted.rawValue)', null, opened.account_id,
                       opened.session_id
                from opened
            ) as act
        )
        """

    var ownParameters: [Parameter] {
        [
            .uuid(loginID), .texts(documents.map(\.kind)), .texts(documents.map(\.version)),
            .texts(languages),
        ] + session.parameters
    }

    static func outcome(_ row: Row) throws -> Outcome {
        switch try row.text("word") {
        case "completed": return .completed(try OpenedSession(row))
        case "advanced": return .advanced
        case "superseded": return .superseded(try Document.Reference.listed(in: row))
        case "required": return .required(try Document.Reference.listed(in: row))
        case "not-due": return .notDue
        case "unknown": return .unknown
        default: return .ended
        }
    }
}
