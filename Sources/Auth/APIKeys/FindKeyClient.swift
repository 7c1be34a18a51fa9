import Foundation
import Postgres

/// The name of the client whose key it is; neither ever changes.
struct FindKeyClient: Statement {
    let practice: UUID
    let key: UUID

    static let lane = Lane.ordinary

    static let sql = """
        select client.name, $nonce as nonce
        from api_key
        join client
            on client.practice_id = api_key.practice_id
            and client.client_id = api_key.client_id
        where api_key.practice_id = $1::uuid
          and client.practice_id = $1::uuid
          and api_key.key_id = $2::uuid
        """

    var parameters: [Parameter] { [.uuid(practice), .uuid(key)] }

    /// Nil where the practice has no such key.
    static func decode(_ rows: [Row]) throws -> String? { try rows.first?.text("name") }
}
