import Foundation
import Postgres

/// Locks a client, so that its live keys can be counted.
struct LockClient: Statement {
    let practice: UUID
    let client: UUID

    static let lane = Lane.ordinary

    static let sql = """
        select client.name, $nonce as nonce
        from client
        where client.practice_id = $1::uuid
          and client.client_id = $2::uuid
        for update
        """

    var parameters: [Parameter] { [.uuid(practice), .uuid(client)] }

    /// Its name; nil where there is no such client.
    static func decode(_ rows: [Row]) throws -> String? { try rows.first?.text("name") }
}

/// Locks the client of that name, which is made where there is none.
struct LockNamedClient: Statement {
    let act: Act
    /// Its id if it is new.
    let client: UUID
    let clientName: String

    static let lane = Lane.ordinary

    // An update without effect locks the row, also where another transaction has just made it.
    static let sql = """
        with named as (
            insert into client (practice_id, client_id, name)
            values ($1::uuid, $2::uuid, $3::text)
            on conflict (practice_id, name) do update
            set name = excluded.name
            returning client_id
        ),
        audited as (
            insert into audit (practice_id, event, result, client_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.clientCreated.rawValue)', 'done', $4::uuid,
                   named.client_id, $5::uuid
            from named
            where named.client_id = $2::uuid
        )
        select named.client_id, $nonce as nonce
        from named
        """

    var parameters: [Parameter] {
        [
            .uuid(act.practiceID), .uuid(client), .text(clientName), act.client,
            .uuid(act.requestID),
        ]
    }

    /// The client's id.
    static func decode(_ rows: [Row]) throws -> UUID {
        guard let row = rows.first else { throw PostgresError.undecodable(name) }
        return try row.uuid("client_id")
    }
}
