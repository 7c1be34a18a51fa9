import Foundation
import Postgres

/// Remembers the device of a signed-in patient; where there are too many, the one unused for longest is
/// forgotten.
struct RememberDevice: IdempotentStatement {
    let act: Act
    let account: UUID
    let deviceID: UUID
    let tokenHash: [UInt8]
    /// What it is called; nil for what the sign-in called it.
    let device: String?
    let session: UUID
    /// The token, for whoever asks again within a minute under the same key; nil where nobody can.
    let sealed: [UInt8]?

    static let lane = Lane.ordinary

    struct Outcome: Sendable {
        let deviceID: UUID
        let expiresAt: Date
        let sealed: [UInt8]?
    }

    static let arms = """
        live as (
            select remembered_device.device_id,
                   row_number() over (
                       order by coalesce(
                           remembered_device.last_used_at, remembered_device.created_at) desc)
                       as place
            from remembered_device
            where remembered_device.practice_id = $1::uuid
              and remembered_device.account_id = $6::uuid
              and remembered_device.ended_at is null
              and remembered_device.expires_at > clock_timestamp()
              and not exists (select from stored)
        ),
        crowded_out as (
            update remembered_device
            set ended_at = clock_timestamp()
            from live
            where remembered_device.practice_id = $1::uuid
              and remembered_device.account_id = $6::uuid
              and remembered_device.device_id = live.device_id
              and live.place >= \(DeviceToken.mostPerAccount)
        ),
        made as (
            insert into remembered_device
                (practice_id, account_id, device_id, client_id, token_hash, device, expires_at)
            select $1::uuid, $6::uuid, $7::uuid, $2::uuid, $8::bytea,
                   coalesce(
                       $9::text,
                       (select session.device
                        from session
                        where session.practice_id = $1::uuid
                          and session.session_id = $11::uuid)),
                   clock_timestamp() + interval '\(DeviceToken.days) days'
            where not exists (select from stored)
            returning device_id, expires_at
        ),
        outcome as (
            select made.device_id is not null as lasting, made.device_id, made.expires_at,
                   $10::bytea as sealed
            from (values (1)) as always_one_row
            left join made on true
        ),
        audited as (
            insert into audit
                (practice_id, event, result, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.deviceRemembered.rawValue)', 'done', $2::uuid,
                   $6::uuid, made.device_id, $5::uuid
            from made
        )
        """

    var ownParameters: [Parameter] {
        [
            .uuid(account), .uuid(deviceID), .bytes(tokenHash),
            device.map(Parameter.text) ?? .null, sealed.map(Parameter.bytes) ?? .null,
            .uuid(session),
        ]
    }

    static func outcome(_ row: Row) throws -> Outcome {
        Outcome(
            deviceID: try row.uuid("device_id"), expiresAt: try row.instant("expires_at"),
            sealed: try row.bytesIfPresent("sealed"))
    }
}
