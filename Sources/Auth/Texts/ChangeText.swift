import Foundation
import Postgres

/// Gives a practice words of its own for one text, in place of those it had.
struct ChangeText: Statement {
    let act: Act
    let place: TextPlace
    /// Checked; one part at least.
    let parts: [MessageText.Part: String]
    /// To those who answer for the practice.
    let notice: AdminNotice

    enum Outcome: Sendable {
        /// Now, or when it got these very words.
        case changed(at: Date)
        case tooMany(until: Date)
    }

    static let lane = Lane.ordinary

    static let sql = """
        with \(AdminNotice.limitArms(first: 12)),
        same as (  -- These very words: nothing is changed, and nobody is told.
            select text_override.changed_at
            from text_override
            where text_override.practice_id = $1::uuid
              and text_override.template = $4::text
              and text_override.locale = $5::text
              and text_override.purpose = $6::text
              and text_override.subject is not distinct from $8::text
              and text_override.body_text is not distinct from $9::text
              and text_override.body_html is not distinct from $10::text
              and text_override.sms is not distinct from $11::text
        ),
        changed as (  -- 1. The practice's words.
            insert into text_override
                (practice_id, template, locale, purpose, subject, body_text, body_html, sms)
            select $1::uuid, $4::text, $5::text, $6::text, $8::text, $9::text, $10::text,
                   $11::text
            where not exists (select from same)
              and not exists (select from reached)
            on conflict (practice_id, template, locale, purpose) do update
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
                   $7::text, $2::uuid, practice_id, $3::uuid
            from changed
        ),
        \(AdminNotice.arms(first: 12, of: "changed"))
        select coalesce(changed.changed_at, same.changed_at) as changed_at, reached.again_at,
               $nonce as nonce
        from (values (1)) as always_one_row
        left join changed on true
        left join same on true
        left join reached on true
        """

    var parameters: [Parameter] {
        [.uuid(act.practiceID), act.client, .uuid(act.requestID)] + place.parameters
            + [.text(place.name)]
            + [MessageText.Part.subject, .text, .html, .sms].map { part in
                parts[part].map(Parameter.text) ?? .null
            } + notice.parameters
    }

    static func decode(_ rows: [Row]) throws -> Outcome {
        guard let row = rows.first else { throw PostgresError.undecodable(name) }
        if let instant = try row.instantIfPresent("changed_at") { return .changed(at: instant) }
        return .tooMany(until: try row.instant("again_at"))
    }
}
