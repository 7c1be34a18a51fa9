import Foundation
import Postgres

/// Gives a practice new settings, if nobody has changed it since they were read.
struct ChangePractice: Statement {
    let act: Act
    /// As it shall be; its revision is the one that was read.
    let practice: Practice
    /// Names of the settings that differ, for the audit; never their values.
    let changes: [String]
    /// To those who answered for the practice, and to those who do so from now on.
    let notice: AdminNotice

    enum Outcome: Sendable {
        case changed(revision: Int)
        /// Somebody else was faster; or national numbers of an earlier time are still being forgotten,
        /// and switched on now they would come back.
        case overtaken
        case tooMany(until: Date)
    }

    static let lane = Lane.ordinary

    /// The notice's parameters come after the practice's settings.
    private static let firstOfNotice = 35

    static let sql = """
        with \(AdminNotice.limitArms(first: firstOfNotice)),
        changed as (  -- 1. The practice; a revision that has passed changes nothing.
            update practice
            set name = $6::text,
                country = $7::text,
                time_zone = $8::text,
                locale = $9::text,
                portal_origin = $10::text,
                support_contact = $11::text,
                admin_contacts = $12::text[],
                sms_price_note = $13::text,
                sender_id = $14::text,
                email_codes = $15::bool,
                code_lifetime_seconds = $16::int8,
                resend_wait_seconds = $17::int8,
                sends_per_hour = $18::int8,
                sends_per_day = $19::int8,
                allowed_countries = $20::text[],
                sms_per_day = $21::int8,
                sms_cost_per_day = $22::int8,
                sms_cost_currency = $23::text,
                password_rules = $24::text,
                national_numbers = $25::bool,
                national_number_login = $26::bool,
                synthetic_numbers = $27::bool,
                required_for_enrolment = $28::text[],
                identity_by_details = $29::bool,
                invitation_reminder = $30::bool,
                second_factor = $31::text,
                super_pin = $32::text,
                remembered_device = $33::bool,
                step_up_max_age_seconds = $34::int8,
                revision = practice.revision + 1
            where practice.practice_id = $1::uuid
              and practice.revision = $4::int8
              and not exists (select from reached)
              and (practice.national_numbers
                   or not $25::bool
                   or (select patient_number.patient_id
                       from patient_number
                       where patient_number.practice_id = $1::uuid
                       order by patient_number.patient_id
                       limit 1) is null)
            returning practice.practice_id, practice.revision
        ),
        audited as (  -- 2. What was changed, by whom.
            insert into audit
                (practice_id, event, result, reason, client_id, object_id, request_id)
            select practice_id, '\(AuditEvent.practiceChanged.rawValue)', 'done', $5::text,
                   $2::uuid, practice_id, $3::uuid
            from changed
        ),
        \(AdminNotice.arms(first: firstOfNotice, of: "changed"))
        select changed.revision, reached.again_at, $nonce as nonce
        from (values (1)) as always_one_row
        left join changed on true
        left join reached on true
        """

    var parameters: [Parameter] {
        [
            .uuid(practice.id), act.client, .uuid(act.requestID), .int(practice.revision),
            .text(changes.joined(separator: " ")),
        ] + practice.settings + notice.parameters
    }

    static func decode(_ rows: [Row]) throws -> Outcome {
        if let revision = try rows.first?.intIfPresent("revision") {
            return .changed(revision: revision)
        }
        return try rows.first?.instantIfPresent("again_at").map(Outcome.tooMany) ?? .overtaken
    }
}
