import Foundation
import Postgres

/// Gives up a code of another system: it is void, and its message, if still here, is withdrawn (SC-9).
/// A second time changes nothing.
struct CancelCode: Statement {
    let act: Act
    let requestID: UUID

    var subject: UUID? { requestID }

    static let sql = """
        with standing as (
            select code_request.request_id
            from code_request
            where code_request.practice_id = $1::uuid
              and code_request.request_id = $4::uuid
              and code_request.client_id = $2::uuid
            for key share  -- So that the commit waits for the standby that an earlier one waits for.
        ),
        voided as (
            update code
            set voided_at = clock_timestamp()
            from standing
            where code.practice_id = $1::uuid
              and code.flow_id = standing.request_id
              and code.used_at is null
              and code.voided_at is null
            returning code.code_id
        ),
        audited as (
            insert into audit
                (practice_id, event, result, client_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.codeCancelled.rawValue)', 'done', $2::uuid, $4::uuid,
                   $3::uuid
            from standing
            where exists (select from voided)
        )
        select exists (select from standing) as known, $nonce as nonce
        """

    var parameters: [Parameter] {
        [.uuid(act.practiceID), act.client, .uuid(act.requestID), .uuid(requestID)]
    }

    /// Whether there is such a code for this caller.
    static func decode(_ rows: [Row]) throws -> Bool {
        try rows.first?.bool("known") ?? false
    }
}
