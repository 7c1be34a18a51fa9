import Foundation
import Postgres

/// Makes a client, a named principal of one practice.
struct CreateClient: Statement {
    let practice: UUID
    let client: UUID
    let clientName: String
    let requestID: UUID

    static let lane = Lane.ordinary

    static let sql = """
        with created as (
            insert into client (practice_id, client_id, name)
            values ($1::uuid, $2::uuid, $3::text)
            on conflict (practice_id, name) do nothing
            returning client_id
        ),
        audited as (
            insert into audit (practice_id, event, result, object_id, request_id)
            select $1::uuid, '\(AuditEvent.clientCreated.rawValue)', 'done', created.client_id,
                   $4::uuid
            from created
        )
        select exists (select from created) as created, $nonce as nonce
        """

    var parameters: [Parameter] {
        [.uuid(practice), .uuid(client), .text(clientName), .uuid(requestID)]
    }

    /// False where the practice has a client of that name.
    static func decode(_ rows: [Row]) throws -> Bool {
        try rows.first?.bool("created") ?? false
    }
}
