import Foundation
import Postgres

/// Whose key it is, with the practice and its policy.
struct FindCaller: Statement {
    let keyHash: [UInt8]

    static let spansPractices: String? = "the key is what tells the practice"

    static let sql = """
        select api_key.client_id, api_key.key_id, api_key.scopes,
               \(Practice.columns),
               $nonce as nonce
        from api_key
        join practice using (practice_id)
        where api_key.key_hash = $1::bytea
          and api_key.revoked_at is null
          and api_key.expires_at > clock_timestamp()
        """

    var parameters: [Parameter] { [.bytes(keyHash)] }

    static func decode(_ rows: [Row]) throws -> Caller? {
        guard let row = rows.first else { return nil }
        return Caller(
            clientID: try row.uuid("client_id"),
            keyID: try row.uuid("key_id"),
            practice: try Practice(row),
            scopes: Set(try row.texts("scopes").compactMap(Scope.init(rawValue:))))
    }
}
