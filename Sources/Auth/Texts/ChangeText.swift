import Foundation
import Postgres

/// Gives a practice words of its own for one text, in place of those it had.
struct ChangeText: Statement {
    let act: Act
    let template: MessageTemplate
    let locale: String
    /// Checked; one part at least.
    let parts: [MessageText.Part: String]

    static let lane = Lane.ordinary

    static let sql = """
        with changed as (  -- 1. The practice's words.
            insert into text_override
                (practice_id, template, locale, subject, body_text, body_html, sms)
            values ($1::uuid, $4::text, $5::text, $6::text, $7::text, $8::text, $9::text)
            on conflict (practice_id, template, locale) do update
            set subject = excluded.subject,
                body_text = excluded.body_text,
                body_html = excluded.body_html,
                sms = excluded.sms,
                changed_at = clock_timestamp()
            returning practice_id, changed_at
        ),
        audited as (  -- 2. Who changed which text.
            insert into audit
                (practice_id, event, result, reason, client_id, object_id, request_id)
            select practice_id, '\(AuditEvent.textChanged.rawValue)', 'done',
                   $4::text || '/' || $5::text, $2::uuid, practice_id, $3::uuid
            from changed
        )
        select changed.changed_at, $nonce as nonce
        from changed
        """

    var parameters: [Parameter] {
        [
            .uuid(act.practiceID), act.client, .uuid(act.requestID), .text(template.rawValue),
            .text(locale),
        ]
            + [MessageText.Part.subject, .text, .html, .sms].map { part in
                parts[part].map(Parameter.text) ?? .null
            }
    }

    /// When it was changed.
    static func decode(_ rows: [Row]) throws -> Date {
        guard let row = rows.first else { throw PostgresError.undecodable(name) }
        return try row.instant("changed_at")
    }
}
