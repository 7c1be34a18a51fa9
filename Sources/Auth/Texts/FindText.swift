import Foundation
import Postgres

/// Reads a practice's own parts of one text, with what has to be known to judge and use them.
struct FindText: Statement {
    let practice: UUID
    let template: MessageTemplate
    let locale: String

    struct Found: Sendable {
        /// Empty where the practice has no words of its own.
        let parts: [MessageText.Part: String]
        let changedAt: Date?
        /// Whether it has words of its own for this text in another language.
        let hasOtherLanguage: Bool
        let portalOrigin: String
        let senderID: String?
    }

    static let sql = """
        select text_override.subject, text_override.body_text, text_override.body_html,
               text_override.sms, text_override.changed_at, practice.portal_origin, practice.sender_id,
               exists (
                   select
                   from text_override as other
                   where other.practice_id = $1::uuid
                     and other.template = $2::text
                     and other.locale <> $3::text) as has_other_language,
               $nonce as nonce
        from practice
        left join text_override
            on text_override.practice_id = $1::uuid
            and text_override.template = $2::text
            and text_override.locale = $3::text
        where practice.practice_id = $1::uuid
        """

    var parameters: [Parameter] {
        [.uuid(practice), .text(template.rawValue), .text(locale)]
    }

    static func decode(_ rows: [Row]) throws -> Found {
        guard let row = rows.first else { throw PostgresError.undecodable(name) }
        var parts: [MessageText.Part: String] = [:]
        for part in MessageText.Part.allCases {
            parts[part] = try row.textIfPresent(part.column)
        }
        return Found(
            parts: parts, changedAt: try row.instantIfPresent("changed_at"),
            hasOtherLanguage: try row.bool("has_other_language"),
            portalOrigin: try row.text("portal_origin"),
            senderID: try row.textIfPresent("sender_id"))
    }
}

extension MessageText.Part {
    /// Its column in `text_override`.
    fileprivate var column: String {
        switch self {
        case .subject: "subject"
        case .text: "body_text"
        case .html: "body_html"
        case .sms: "sms"
        }
    }

    /// Its member in requests and answers.
    var member: String {
        switch self {
        case .subject: "subject"
        case .text: "text"
        case .html: "html"
        case .sms: "sms"
        }
    }
}
