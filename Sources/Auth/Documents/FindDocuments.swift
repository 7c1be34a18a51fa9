import Foundation
import Postgres

/// Reads the version of each kind that is in force, in the first of the languages that it has.
struct FindDocuments: Statement {
    let practice: UUID
    /// From ``Document/languages(wanted:in:)``.
    let languages: [String]

    static let lane = Lane.ordinary

    static let sql = """
        select shown.*, $nonce as nonce
        from current_document
        cross join lateral (
            select document.kind, document.version, document.locale, document.title, document.text,
                   document.text_hash, document.created_at
            from document
            where document.practice_id = $1::uuid
              and document.kind = current_document.kind
              and document.version = current_document.version
            order by array_position($2::text[], document.locale)
            limit 1
        ) as shown
        where current_document.practice_id = $1::uuid
        order by shown.kind desc
        """

    var parameters: [Parameter] { [.uuid(practice), .texts(languages)] }

    /// The terms first; a kind of which nothing was published is missing.
    static func decode(_ rows: [Row]) throws -> [Document] { try rows.map(Document.init) }
}
