import Foundation
import Postgres

/// Locks a client, so that its live keys can be counted.
struct LockClient: Statement {
    let practice: UUID
    let client: UUID

    static let lane = Lane.ordinary

    static let sql = """
        select client.client_id, $nonce as nonce
        from client
        where client.practice_id = $1::uuid
          and client.client_id = $2::uuid
        for update
        """

    var parameters: [Parameter] { [.uuid(practice), .uuid(client)] }

    /// Whether there is such a client.
    static func decode(_ rows: [Row]) throws -> Bool { !rows.isEmpty }
}

/// Makes a key of a locked client, which has at most two live ones (Z-8).
struct CreateKey: Statement {
    let practice: UUID
    let client: UUID
    let key: UUID
    let hash: [UInt8]
    let scopes: [Scope]
    let expiresAt: Date
    let requestID: UUID

    static let lane = Lane.ordinary
    static let liveKeys = 2
    /// A key is not for ever (X2).
    static let longestLifeDays = 365

    static let sql = """
        with created as (
            insert into api_key (practice_id, key_id, client_id, key_hash, scopes, expires_at)
            select $1::uuid, $3::uuid, $2::uuid, $4::bytea, $5::text[], $6::timestamptz
            where (
                select count(*)
                from api_key
                where api_key.practice_id = $1::uuid
                  and api_key.client_id = $2::uuid
                  and api_key.revoked_at is null
                  and api_key.expires_at > clock_timestamp()) < \(liveKeys)
            returning key_id
        ),
        audited as (
            insert into audit (practice_id, event, result, client_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.keyCreated.rawValue)', 'done', $2::uuid,
                   created.key_id, $7::uuid
            from created
        )
        select exists (select from created) as created, $nonce as nonce
        """

    var parameters: [Parameter] {
        [
            .uuid(practice), .uuid(client), .uuid(key), .bytes(hash),
            .texts(scopes.map(\.rawValue)), .instant(expiresAt), .uuid(requestID),
        ]
    }

    /// False where the client has two live keys.
    static func decode(_ rows: [Row]) throws -> Bool {
        try rows.first?.bool("created") ?? false
    }
}
