import Foundation
import Postgres

/// Ends a session of this client; every later refresh and introspection finds it gone (A9).
struct EndSession: Statement {
    let act: Act
    let session: UUID
    let reason: String

    var subject: UUID? { session }

    static let sql = """
        with standing as (  -- The lock has a commit wait for the standby that an earlier one waits for.
            select session.session_id
            from session
            where session.practice_id = $1::uuid
              and session.session_id = $4::uuid
              and session.client_id = $2::uuid
            for key share
        ),
        ended as (
            update session
            set ended_at = clock_timestamp(),
                end_reason = $5::text
            from standing
            where session.practice_id = $1::uuid
              and session.session_id = standing.session_id
              and session.ended_at is null
            returning session.session_id, session.account_id
        ),
        audited as (
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.sessionEnded.rawValue)', 'done', $5::text, $2::uuid,
                   ended.account_id, ended.session_id, $3::uuid
            from ended
        )
        select exists (select from standing) as known, $nonce as nonce
        """

    var parameters: [Parameter] {
        [
            .uuid(act.practiceID), act.client, .uuid(act.requestID), .uuid(session),
            .text(reason),
        ]
    }

    static func decode(_ rows: [Row]) throws {}
}
