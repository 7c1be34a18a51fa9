import Foundation
import Postgres

/// The keys of a practice, newest first, a page at a time; never the keys' texts, which nobody has.
struct FindKeys: Statement {
    let practice: UUID
    /// The last key of the page before.
    let after: UUID?

    static let lane = Lane.ordinary
    static let pageLimit = 100

    static let sql = """
        select api_key.key_id, api_key.client_id, client.name as client_name, api_key.scopes,
               api_key.created_at, api_key.expires_at, api_key.revoked_at, api_key.last_used_at,
               $nonce as nonce
        from api_key
        join client
            on client.practice_id = api_key.practice_id
            and client.client_id = api_key.client_id
        where api_key.practice_id = $1::uuid
          and client.practice_id = $1::uuid
          and ($2::uuid is null or api_key.key_id < $2::uuid)
        order by api_key.key_id desc
        limit $3::int8
        """

    var parameters: [Parameter] {
        [.uuid(practice), after.map(Parameter.uuid) ?? .null, .int(Self.pageLimit + 1)]
    }

    struct Page: Sendable {
        let keys: [Found]
        /// The last of them, where there are more.
        let next: UUID?
    }

    struct Found: Sendable {
        let id: UUID
        let clientID: UUID
        let client: String
        let scopes: [String]
        let createdAt: Date
        let expiresAt: Date
        let revokedAt: Date?
        let lastUsedAt: Date?
    }

    static func decode(_ rows: [Row]) throws -> Page {
        let keys = try rows.prefix(pageLimit).map { row in
            Found(
                id: try row.uuid("key_id"), clientID: try row.uuid("client_id"),
                client: try row.text("client_name"), scopes: try row.texts("scopes"),
                createdAt: try row.instant("created_at"),
                expiresAt: try row.instant("expires_at"),
                revokedAt: try row.instantIfPresent("revoked_at"),
                lastUsedAt: try row.instantIfPresent("last_used_at"))
        }
        return Page(keys: keys, next: rows.count > pageLimit ? keys.last?.id : nil)
    }
}
