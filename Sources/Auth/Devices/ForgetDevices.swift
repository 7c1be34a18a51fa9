import Foundation
import Postgres

/// Forgets one remembered device of an account, or all of them: the next sign-in there asks for a code.
struct ForgetDevices: Statement {
    let act: Act
    let account: UUID
    /// Nil for all.
    let only: UUID?

    static let lane = Lane.ordinary

    static let sql = """
        with ended as (
            update remembered_device
            set ended_at = clock_timestamp()
            where remembered_device.practice_id = $1::uuid
              and remembered_device.account_id = $4::uuid
              and ($5::uuid is null or remembered_device.device_id = $5::uuid)
              and remembered_device.ended_at is null
              and remembered_device.expires_at > clock_timestamp()
            returning remembered_device.device_id
        ),
        audited as (
            insert into audit
                (practice_id, event, result, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.deviceForgotten.rawValue)', 'done', $2::uuid, $4::uuid,
                   ended.device_id, $3::uuid
            from ended
        )
        select (select count(*) from ended) as ended, $nonce as nonce
        """

    var parameters: [Parameter] {
        [
            .uuid(act.practiceID), act.client, .uuid(act.requestID), .uuid(account),
            only.map(Parameter.uuid) ?? .null,
        ]
    }

    /// How many there were.
    static func decode(_ rows: [Row]) throws -> Int { try rows.first?.int("ended") ?? 0 }
}
