import Foundation
import Postgres

/// Makes a practice; the operator's act, from the command line.
package struct CreatePractice: Statement {
    let practice: Practice
    let requestID: UUID

    package static let lane = Lane.ordinary

    package static let sql = """
        with created as (  -- 1. The practice.
            insert into practice
                (practice_id, audience, name, country, time_zone, locale, portal_origin,
                 support_contact, admin_contacts, sms_price_note, sender_id, email_codes,
                 code_lifetime_seconds, resend_wait_seconds, sends_per_hour, sends_per_day,
                 allowed_countries, sms_per_day, sms_cost_per_day, sms_cost_currency,
                 password_rules, national_numbers, national_number_login, synthetic_numbers,
                 required_for_enrolment, identity_by_details, invitation_reminder,
                 second_factor, super_pin, remembered_device, step_up_max_age_seconds)
            values ($1::uuid, $3::text, $4::text, $5::text, $6::text, $7::text, $8::text,
                    $9::text, $10::text[], $11::text, $12::text, $13::bool, $14::int8, $15::int8,
                    $16::int8, $17::int8, $18::text[], $19::int8, $20::int8, $21::text,
                    $22::text, $23::bool, $24::bool, $25::bool, $26::text[], $27::bool, $28::bool,
                    $29::text, $30::text, $31::bool, $32::int8)
            returning practice_id
        ),
        audited as (  -- 2. Who may be asked later.
            insert into audit (practice_id, event, result, object_id, request_id)
            select practice_id, '\(AuditEvent.practiceCreated.rawValue)', 'done', practice_id,
                   $2::uuid
            from created
        )
        select created.practice_id, $nonce as nonce
        from created
        """

    package var parameters: [Parameter] {
        [.uuid(practice.id), .uuid(requestID), .text(practice.audience)] + practice.settings
    }

    package static func decode(_ rows: [Row]) throws {}
}

extension Practice {
    /// What can be set, in one order for creating and changing: twenty-nine parameters.
    var settings: [Parameter] {
        [
            .text(name), .text(country.rawValue), .text(timeZone.identifier),
            .text(locale.rawValue), .text(portalOrigin), .text(supportContact),
            .texts(adminContacts), smsPriceNote.map(Parameter.text) ?? .null,
            senderID.map(Parameter.text) ?? .null, .bool(policy.emailCodes),
            .int(policy.codeLifetimeSeconds), .int(policy.resendWaitSeconds),
            .int(policy.sendsPerHour), .int(policy.sendsPerDay),
            .texts(policy.allowedCountries), .int(policy.smsPerDay),
            .int(policy.smsCostPerDay), .text(policy.smsCostCurrency.rawValue),
            .text(policy.passwordRules.rawValue),
            .bool(policy.nationalNumbers), .bool(policy.nationalNumberLogin),
            .bool(policy.syntheticNumbers),
            .texts(EnrolmentRequirement.names(policy.requiredForEnrolment)),
            .bool(policy.identityByDetails), .bool(policy.invitationReminder),
            .text(policy.secondFactor.rawValue), .text(policy.superPIN.rawValue),
            .bool(policy.rememberedDevice), .int(policy.stepUpMaxAgeSeconds),
        ]
    }
}
