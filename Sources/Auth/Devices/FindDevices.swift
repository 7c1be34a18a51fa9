import Foundation
import Postgres

/// The remembered devices of an account in a practice, at whatever system, the newest first.
struct FindDevices: Statement {
    let practice: UUID
    let account: UUID

    static let lane = Lane.ordinary

    struct Found: Sendable {
        let id: UUID
        /// The system it is remembered at.
        let client: String
        let device: String?
        let createdAt: Date
        let lastUsedAt: Date?
        let expiresAt: Date
    }

    static let sql = """
        select remembered_device.device_id, client.name as client, remembered_device.device,
               remembered_device.created_at, remembered_device.last_used_at,
               remembered_device.expires_at, $nonce as nonce
        from remembered_device
        join client using (practice_id, client_id)
        where remembered_device.practice_id = $1::uuid
          and remembered_device.account_id = $2::uuid
          and remembered_device.ended_at is null
          and remembered_device.expires_at > clock_timestamp()
        order by remembered_device.created_at desc, remembered_device.device_id
        """

    var parameters: [Parameter] { [.uuid(practice), .uuid(account)] }

    static func decode(_ rows: [Row]) throws -> [Found] {
        try rows.map { row in
            Found(
                id: try row.uuid("device_id"), client: try row.text("client"),
                device: try row.textIfPresent("device"), createdAt: try row.instant("created_at"),
                lastUsedAt: try row.instantIfPresent("last_used_at"),
                expiresAt: try row.instant("expires_at"))
        }
    }
}
