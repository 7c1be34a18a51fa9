import Foundation
import Postgres

/// Makes a key of a locked client, which has at most two live ones (Z-8).
struct CreateKey: IdempotentStatement {
    let act: Act
    let client: UUID
    let key: UUID
    let hash: [UInt8]
    let scopes: [Scope]
    let expiresAt: Date
    /// The key's text, sealed for a request that is repeated (Z-24); null where none can be.
    let sealed: [UInt8]?
    /// To those who answer for the practice.
    let notice: AdminNotice

    static let lane = Lane.ordinary
    static let liveKeys = 2
    /// A key is not for ever (X2).
    static let longestLifeDays = 365

    enum Outcome: Sendable {
        case created(Created)
        case tooManyKeys
        case tooManyChanges(until: Date)
    }

    struct Created: Sendable {
        let key: UUID
        let client: UUID
        let createdAt: Date
        let expiresAt: Date
        let sealed: [UInt8]?
    }

    static let arms = """
        \(AdminNotice.limitArms(first: 12)),
        created as (  -- 1. The key; the live ones can be counted, since the client is locked.
            insert into api_key (practice_id, key_id, client_id, key_hash, scopes, expires_at)
            select $1::uuid, $6::uuid, $7::uuid, $8::bytea, $9::text[], $10::timestamptz
            where not exists (select from stored)
              and not exists (select from reached)
              and (
                  select count(*)
                  from api_key
                  where api_key.practice_id = $1::uuid
                    and api_key.client_id = $7::uuid
                    and api_key.revoked_at is null
                    and api_key.expires_at > clock_timestamp()) < \(liveKeys)
            returning key_id, client_id, created_at, expires_at
        ),
        audited as (  -- 2. Who made it.
            insert into audit (practice_id, event, result, client_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.keyCreated.rawValue)', 'done', $2::uuid,
                   created.key_id, $5::uuid
            from created
        ),
        \(AdminNotice.arms(first: 12, of: "created")),
        outcome as (  -- 3. A refusal does not last: a key that is revoked makes room.
            select created.*, $11::bytea as sealed_key, created.key_id is not null as lasting,
                   reached.again_at
            from (values (1)) as always_one_row
            left join created on true
            left join reached on true
        )
        """

    var ownParameters: [Parameter] {
        [
            .uuid(key), .uuid(client), .bytes(hash), .texts(scopes.map(\.rawValue)),
            .instant(expiresAt), sealed.map(Parameter.bytes) ?? .null,
        ] + notice.parameters
    }

    static func outcome(_ row: Row) throws -> Outcome {
        guard let key = try row.uuidIfPresent("key_id") else {
            return try row.instantIfPresent("again_at").map(Outcome.tooManyChanges)
                ?? .tooManyKeys
        }
        return .created(
            Created(
                key: key, client: try row.uuid("client_id"),
                createdAt: try row.instant("created_at"),
                expiresAt: try row.instant("expires_at"),
                sealed: try row.bytesIfPresent("sealed_key")))
    }
}
