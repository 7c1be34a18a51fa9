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
                (practice_id, name, country, time_zone, locale, audience, portal_origin,
                 support_contact, email_codes, code_lifetime_seconds, resend_wait_seconds,
                 sends_per_hour, sends_per_day)
            values ($1::uuid, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text,
                    $8::text, $9::bool, $10::int8, $11::int8, $12::int8, $13::int8)
            returning practice_id
        ),
        audited as (  -- 2. Who may be asked later.
            insert into audit (practice_id, event, result, object_id, request_id)
            select practice_id, '\(AuditEvent.practiceCreated.rawValue)', 'done', practice_id,
                   $14::uuid
            from created
        )
        select created.practice_id, $nonce as nonce
        from created
        """

    package var parameters: [Parameter] {
        let policy = practice.policy
        return [
            .uuid(practice.id), .text(practice.name), .text(practice.country.rawValue),
            .text(practice.timeZone.identifier), .text(practice.locale.rawValue),
            .text(practice.audience), .text(practice.portalOrigin),
            .text(practice.supportContact), .bool(policy.emailCodes),
            .int(policy.codeLifetimeSeconds), .int(policy.resendWaitSeconds),
            .int(policy.sendsPerHour), .int(policy.sendsPerDay), .uuid(requestID),
        ]
    }

    package static func decode(_ rows: [Row]) throws {}
}
