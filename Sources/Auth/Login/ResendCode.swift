import Foundation
import Postgres

/// Sends a fresh code of an open login; the older one is void (SC-8).
///
/// The wait is that of the newest code, and doesn't apply to picking another factor. Of two parallel
/// requests one finds the newest code changed and asks again.
struct ResendCode: IdempotentStatement {
    let act: Act
    let loginID: UUID
    let account: UUID
    /// The login's newest code as it was when this one was made; nil where an app was chosen at once.
    let knownCodeID: UUID?
    let code: SendCode

    var subject: UUID? { account }

    enum Outcome: Sendable {
        case sent(SentCode)
        case refused(SendRefusal)
        case tooSoon(until: Date)
        case ended
        case overtaken
    }

    static let arms = """
        standing as (  -- The login and its newest code, as this caller may see them.
            select login.account_id, login.expires_at, code.code_id, code.resend_at,
                   login.done_at is null and login.ended_at is null
                       and login.expires_at > clock_timestamp()
                       and login.steps[1] = 'code'
                       and (code.code_id is null
                            or code.voided_at is null
                            and code.attempts_left > 0) as open,
                   code.code_id is null
                       or code.resend_at <= clock_timestamp()
                       or code.factor_id is distinct from $11::uuid as due
            from login
            left join code
                on code.practice_id = $1::uuid
                and code.code_id = $8::uuid
                and code.flow_id = login.login_id
            where login.practice_id = $1::uuid
              and login.login_id = $6::uuid
              and login.client_id = $2::uuid
              and login.account_id = $7::uuid
              and ($8::uuid is null or code.code_id is not null)
              and not exists (select from stored)
        ),
        asked as (
            select standing.account_id as subject_id, '\(CodePurpose.signIn.slug)' as purpose,
                   standing.code_id as known_code_id, standing.expires_at as ends_at
            from standing
            where standing.open and standing.due
        ),
        \(SendCode.arms(first: 9)),
        chosen as (  -- From an app back to a code.
            update login
            set codeless_factor_id = null
            from sent
            where login.practice_id = $1::uuid
              and login.login_id = $6::uuid
              and login.codeless_factor_id is not null
            returning login.login_id
        ),
        outcome as (
            select case
                       when not standing.open then 'ended'
                       when not standing.due then 'too-soon'
                       else decided.word
                   end as word,
                   sent.code_id is not null as lasting,
                   standing.resend_at as due_at,
                   \(SendRefusal.columns),
                   \(SendCode.columns)
            from (values (1)) as always_one_row
            left join standing on true
            left join ready on true
            \(SendCode.joins)
            cross join lateral (select \(SendRefusal.word(sent: "sent"))) as decided
        ),
        audited as (
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.codeSent.rawValue)',
                   case when outcome.word = 'sent' then 'done' else 'refused' end,
                   case when outcome.word = 'sent' then null else outcome.word end,
                   $2::uuid, $7::uuid, coalesce(outcome.code_id, $6::uuid), $5::uuid
            from outcome
            where outcome.word <> 'overtaken'
        )
        """

    var ownParameters: [Parameter] {
        [.uuid(loginID), .uuid(account), knownCodeID.map(Parameter.uuid) ?? .null]
            + code.parameters
    }

    static func outcome(_ row: Row) throws -> Outcome {
        if let refusal = try SendRefusal(row) { return .refused(refusal) }
        switch try row.text("word") {
        case "sent": return .sent(try SentCode(row))
        case "too-soon": return .tooSoon(until: try row.instant("due_at"))
        case "ended": return .ended
        default: return .overtaken
        }
    }
}
