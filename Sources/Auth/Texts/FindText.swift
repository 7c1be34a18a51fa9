import Foundation
import Postgres

/// Reads a practice's own parts of one text, with what has to be known to judge and use them.
struct FindText: Statement {
    let practice: UUID
    let place: TextPlace

    struct Found: Sendable {
        /// Empty where the practice has no words of its own.
        let parts: [MessageText.Part: String]
        /// Where ``parts`` are of one purpose, those of all purposes that stand behind them.
        let general: [MessageText.Part: String]
        let changedAt: Date?
        /// Whether it has words of its own for this text, or for this purpose, in other languages only.
        let isMissing: Bool
        let portalOrigin: String
        let senderID: String?
    }

    static let sql = """
        select text_override.subject, text_override.body_text, text_override.body_html,
               text_override.sms, text_override.changed_at,
               general.subject as general_subject, general.body_text as general_body_text,
               general.body_html as general_body_html, general.sms as general_sms,
               practice.portal_origin, practice.sender_id,
               text_override.practice_id is null and exists (
                   select
                   from text_override as other
                   where other.practice_id = $1::uuid
                     and other.template = $2::text
                     and other.locale <> $3::text
                     and other.purpose in ('', $4::text)
                     and not exists (
                         select
                         from text_override as here
                         where here.practice_id = $1::uuid
                           and here.template = $2::text
                           and here.locale = $3::text
                           and here.purpose = other.purpose)) as is_missing,
               $nonce as nonce
        from practice
        left join text_override
            on text_override.practice_id = $1::uuid
            and text_override.template = $2::text
            and text_override.locale = $3::text
            and text_override.purpose = $4::text
        left join text_override as general
            on general.practice_id = $1::uuid
            and general.template = $2::text
            and general.locale = $3::text
            and general.purpose = ''
            and $4::text <> ''
        where practice.practice_id = $1::uuid
        """

    var parameters: [Parameter] { [.uuid(practice)] + place.parameters }

    static func decode(_ rows: [Row]) throws -> Found {
        guard let row = rows.first else { throw PostgresError.undecodable(name) }
        var (parts, general) = ([MessageText.Part: String](), [MessageText.Part: String]())
        for part in MessageText.Part.allCases {
            parts[part] = try row.textIfPresent(part.column)
            general[part] = try row.textIfPresent("general_" + part.column)
        }
        return Found(
            parts: parts, general: general, changedAt: try row.instantIfPresent("changed_at"),
            isMissing: try row.bool("is_missing"),
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
