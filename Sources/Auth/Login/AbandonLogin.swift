import Foundation
import Postgres

/// Ends an open login; its code is void and its message, if still here, is withdrawn (SC-9).
struct AbandonLogin: Statement {
    let act: Act
    let loginID: UUID

    var subject: UUID? { loginID }

    enum Outcome: Sendable {
        case abandoned
        case unknown
    }

    static let sql = """
        with voided as (  -- 1. The codes first: the lock order is code, then login.
            update code
            set voided_at = clock_timestamp()
            from login
            where login.practice_id = $1::uuid
              and login.login_id = $4::uuid
              and login.client_id = $2::uuid
              and login.done_at is null
              and code.practice_id = $1::uuid
              and code.flow_id = login.login_id
              and code.used_at is null
              and code.voided_at is null
            returning code.code_id
        ),
        ended as (  -- 2. The login; a second DELETE finds it ended and changes nothing.
            update login
            set ended_at = clock_timestamp()
            where login.practice_id = $1::uuid
              and login.login_id = $4::uuid
              and login.client_id = $2::uuid
              and login.done_at is null
              and login.ended_at is null
            returning login.account_id
        ),
        standing as (  -- A login that is done stays done; its session is ended elsewhere.
            select login.login_id
            from login
            where login.practice_id = $1::uuid
              and login.login_id = $4::uuid
              and login.client_id = $2::uuid
            for key share  -- So that the commit waits for the standby that an earlier one waits for.
        ),
        audited as (
            insert into audit
                (practice_id, event, result, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.loginAbandoned.rawValue)', 'done', $2::uuid,
                   ended.account_id, $4::uuid, $3::uuid
            from ended
        )
        select exists (select from standing) as known, $nonce as nonce
        """

    var parameters: [Parameter] {
        [.uuid(act.practiceID), act.client, .uuid(act.requestID), .uuid(loginID)]
    }

    static func decode(_ rows: [Row]) throws -> Outcome {
        try rows.first?.bool("known") == true ? .abandoned : .unknown
    }
}
