import Foundation
import Postgres

/// Ends a key of the practice; what its client began goes on with another key (Z-8).
struct RevokeKey: Statement {
    let act: Act
    let key: UUID
    /// To those who answer for the practice. It has no limit: a key that leaked must go.
    let notice: AdminNotice

    static let lane = Lane.ordinary

    static let sql = """
        with \(AdminNotice.limitArms(first: 5)),
        revoked as (  -- 1. The key; a second DELETE changes nothing.
            update api_key
            set revoked_at = clock_timestamp()
            where api_key.practice_id = $1::uuid
              and api_key.key_id = $4::uuid
              and api_key.revoked_at is null
            returning api_key.key_id
        ),
        audited as (  -- 2. Who revoked it.
            insert into audit (practice_id, event, result, client_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.keyRevoked.rawValue)', 'done', $2::uuid,
                   revoked.key_id, $3::uuid
            from revoked
        ),
        \(AdminNotice.arms(first: 5, of: "revoked"))
        select exists (select from revoked) as revoked, $nonce as nonce
        """

    var parameters: [Parameter] {
        [.uuid(act.practiceID), act.client, .uuid(act.requestID), .uuid(key)] + notice.parameters
    }

    static func decode(_ rows: [Row]) throws {}
}
