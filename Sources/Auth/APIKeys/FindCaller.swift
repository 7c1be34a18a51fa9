import Foundation
import Postgres

/// Whose key it is, with the practice and its policy.
struct FindCaller: Statement {
    let keyHash: [UInt8]

    static let spansPractices: String? = "the key is what tells the practice"

    static let sql = """
        with found as (  -- 1. The key and its practice.
            select api_key.client_id, client.name as client_name, api_key.key_id,
                   api_key.scopes,
                   \(Practice.columns)
            from api_key
            join practice using (practice_id)
            join client using (practice_id, client_id)
            where api_key.key_hash = $1::bytea
              and api_key.revoked_at is null
              and api_key.expires_at > clock_timestamp()
        ),
        stale as (  -- 2. Nobody waits to note a use: whoever holds the row is noting one.
            select api_key.practice_id, api_key.key_id
            from api_key
            where api_key.key_hash = $1::bytea
              and (
                  api_key.last_used_at is null
                  or api_key.last_used_at < clock_timestamp() - interval '1 hour')
            for no key update skip locked
        ),
        noted as (
            update api_key
            set last_used_at = clock_timestamp()
            from found
            join stale using (practice_id, key_id)
            where api_key.practice_id = found.practice_id
              and api_key.key_id = found.key_id
        )
        select found.*, $nonce as nonce
        from found
        """

    var parameters: [Parameter] { [.bytes(keyHash)] }

    static func decode(_ rows: [Row]) throws -> Caller? {
        guard let row = rows.first else { return nil }
        return Caller(
            clientID: try row.uuid("client_id"),
            clientName: try row.text("client_name"),
            keyID: try row.uuid("key_id"),
            practice: try Practice(row),
            scopes: Set(try row.texts("scopes").compactMap(Scope.init(rawValue:))))
    }
}
