import Foundation
import Postgres

/// Where a login stands, and how far its newest message got.
struct FindLogin: Statement {
    let practice: Practice
    let client: UUID
    let loginID: UUID

    static let sql = """
        with found as (
            select login.login_id, login.account_id, login.plan,
                   -- What is left after the tokens were given stands at their session.
                   case
                       when login.done_at is null then login.steps || login.later
                       else coalesce(session.steps, '{}')
                   end as steps,
                   login.expires_at as login_expires_at, account.locale,
                   case
                       when login.done_at is not null then 'done'
                       when login.ended_at is not null
                           or login.expires_at <= clock_timestamp()
                           -- A code that was right can't be spent or voided any more, and an app
                           -- needs none.
                           or 'code' = any (login.steps)
                           and login.codeless_factor_id is null
                           and (\(SentCode.isExhausted)
                                or code_subject.newest_code_id <> code.code_id) then 'ended'
                       else 'open'
                   end as status,
                   coalesce(
                       'code' = any (login.steps)
                           and login.codeless_factor_id is null
                           and code_subject.newest_code_id <> code.code_id,
                       false) as superseded,
                   coalesce(login.codeless_factor_id, code.factor_id) as chosen_factor_id,
                   code_subject.newest_sent_at, code_subject.newest_reference,
                   code.code_id, code.factor_id, code.channel, code.destination, code.reference,
                   code.sent_at, code.expires_at, code.resend_at,
                   \(SentCode.attemptsLeftColumn),
                   \(SentCode.deliveryColumns),
                   \(Factor.column(of: "login.account_id", emailCodes: "$4"))
            from login
            join account using (account_id)
            left join session
                on session.practice_id = $1::uuid
                and session.session_id = login.session_id
            left join lateral (
                select *
                from code
                where code.practice_id = $1::uuid
                  and code.flow_id = login.login_id
                \(SentCode.newestFirst(subject: "login.account_id", purpose: "code.purpose"))
                limit 1
            ) as code on true
            left join code_subject
                on code_subject.practice_id = $1::uuid
                and code_subject.subject_id = login.account_id
                and code_subject.purpose = code.purpose
            left join message
                on message.practice_id = $1::uuid
                and message.code_id = code.code_id
            where login.practice_id = $1::uuid
              and login.client_id = $2::uuid
              and login.login_id = $3::uuid
        )
        select found.*, $nonce as nonce
        from (values (1)) as always_one_row
        left join found on true
        """

    var parameters: [Parameter] {
        [
            .uuid(practice.id), .uuid(client), .uuid(loginID),
            .bool(practice.policy.emailCodes),
        ]
    }

    static func decode(_ rows: [Row]) throws -> Login? {
        guard let row = rows.first, try row.uuidIfPresent("login_id") != nil else { return nil }
        return try Login(row)
    }
}
