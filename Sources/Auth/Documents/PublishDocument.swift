import Foundation
import Postgres

/// Publishes a text of a practice, once: the same again changes nothing, another is refused (IN-5).
struct PublishDocument: Statement {
    let act: Act
    let kind: Document.Kind
    let document: NewDocument
    /// To those who answer for the practice.
    let notice: AdminNotice

    enum Outcome: Sendable {
        /// - isCurrent: whether this version is in force.
        case published(at: Date, isCurrent: Bool)
        /// This very text was published before.
        case unchanged(at: Date, isCurrent: Bool)
        /// Another text has this version and language.
        case different
        case tooMany(until: Date)
    }

    static let lane = Lane.ordinary
    static let retryableConstraints = ["document_pkey"]

    static let sql = """
        with \(AdminNotice.limitArms(first: 10)),
        known as (
            select document.created_at, document.title = $7::text and document.text = $8::text as same
            from document
            where document.practice_id = $1::uuid
              and document.kind = $4::text
              and document.version = $5::text
              and document.locale = $6::text
        ),
        standing as (  -- A version of which there was nothing is the newest.
            select not exists (
                       select from document
                       where document.practice_id = $1::uuid
                         and document.kind = $4::text
                         and document.version = $5::text)
                   or exists (
                       select from current_document
                       where current_document.practice_id = $1::uuid
                         and current_document.kind = $4::text
                         and current_document.version = $5::text) as is_current
        ),
        published as (  -- 1. The text; of two at the same time the slower finds it and is run again.
            insert into document (practice_id, kind, version, locale, title, text, text_hash)
            select $1::uuid, $4::text, $5::text, $6::text, $7::text, $8::text, $9::bytea
            where not exists (select from known)
              and not exists (select from reached)
            returning practice_id, created_at
        ),
        audited as (  -- 2. Who published which text.
            insert into audit
                (practice_id, event, result, reason, client_id, object_id, request_id)
            select practice_id, '\(AuditEvent.documentPublished.rawValue)', 'done',
                   $4::text || '/' || $5::text || '/' || $6::text, $2::uuid, practice_id, $3::uuid
            from published
        ),
        \(AdminNotice.arms(first: 10, of: "published"))
        select case
                   when published.created_at is not null then 'published'
                   when known.same then 'unchanged'
                   when not known.same then 'different'
                   else 'too-many'
               end as word,
               coalesce(published.created_at, known.created_at) as created_at,
               standing.is_current, reached.again_at, $nonce as nonce
        from standing
        left join published on true
        left join known on true
        left join reached on true
        """

    var parameters: [Parameter] {
        [
            .uuid(act.practiceID), act.client, .uuid(act.requestID), .text(kind.rawValue),
            .text(document.version.text), .text(document.locale.rawValue), .text(document.title),
            .text(document.text), .bytes(Document.hash(document.text)),
        ] + notice.parameters
    }

    static func decode(_ rows: [Row]) throws -> Outcome {
        guard let row = rows.first else { throw PostgresError.undecodable(name) }
        switch try row.text("word") {
        case "published":
            return .published(
                at: try row.instant("created_at"), isCurrent: try row.bool("is_current"))
        case "unchanged":
            return .unchanged(
                at: try row.instant("created_at"), isCurrent: try row.bool("is_current"))
        case "different": return .different
        default: return .tooMany(until: try row.instant("again_at"))
        }
    }
}
