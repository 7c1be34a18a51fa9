import Foundation
import Postgres

/// The fresh mail's link, opened where the enrolment goes on: identity is proven, by the second way (AC-3).
struct ConfirmEmail: IdempotentStatement {
    let act: Act
    let enrolment: UUID
    /// Of the enrolment, as it was read.
    let revision: Int
    let tokenHash: [UInt8]

    static let lane = Lane.ordinary

    enum Outcome: String, Sendable {
        case confirmed
        /// A newer mail was sent.
        case superseded
        /// Nobody's token, or that of another enrolment.
        case unknown
        case overtaken
    }

    static let arms = """
        held as (  -- The invitation first: of parallel proofs one goes on.
            select invitation.invitation_id
            from enrolment
            join invitation
                on invitation.practice_id = $1::uuid
                and invitation.invitation_id = enrolment.invitation_id
            where enrolment.practice_id = $1::uuid
              and enrolment.client_id = $2::uuid
              and enrolment.enrolment_id = $6::uuid
              and enrolment.revision = $7::int8
              and enrolment.ended_at is null
              and invitation.ended_at is null
              and not exists (select from stored)
            for update of invitation, enrolment
        ),
        found as (
            select held.invitation_id, mailed_link.link_id,
                   mailed_link.link_id = enrolment.link_id as is_newest
            from held
            join enrolment
                on enrolment.practice_id = $1::uuid
                and enrolment.enrolment_id = $6::uuid
            left join mailed_link
                on mailed_link.practice_id = $1::uuid
                and mailed_link.token_hash = $8::bytea
                and mailed_link.enrolment_id = $6::uuid
        ),
        proving as (
            select found.invitation_id
            from found
            where found.is_newest
        ),
        \(OtherEnrolments.arms(behind: "true", of: "proving")),
        proven as (
            update enrolment
            set confirmed_at = clock_timestamp(),
                first_name = coalesce(enrolment.first_name, typed.first_name),
                last_name = coalesce(enrolment.last_name, typed.last_name),
                username = coalesce(enrolment.username, typed.username),
                revision = enrolment.revision + 1
            from proving
            left join typed on true
            where enrolment.practice_id = $1::uuid
              and enrolment.enrolment_id = $6::uuid
              and enrolment.revision = $7::int8
              and enrolment.ended_at is null
            returning enrolment.enrolment_id
        ),
        outcome as (
            select case
                       when proven.enrolment_id is not null then 'confirmed'
                       when found.invitation_id is null or found.is_newest then 'overtaken'
                       when found.link_id is not null then 'superseded'
                       else 'unknown'
                   end as word,
                   proven.enrolment_id is not null as lasting
            from (values (1)) as always_one_row
            left join found on true
            left join proven on true
        ),
        audited as (
            insert into audit
                (practice_id, event, result, reason, client_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.emailConfirmed.rawValue)',
                   case when outcome.word = 'confirmed' then 'done' else 'refused' end,
                   case when outcome.word = 'confirmed' then null else outcome.word end,
                   $2::uuid, $6::uuid, $5::uuid
            from outcome
            where outcome.word <> 'overtaken'
        )
        """

    var ownParameters: [Parameter] {
        [.uuid(enrolment), .int(revision), .bytes(tokenHash)]
    }

    static func outcome(_ row: Row) throws -> Outcome {
        Outcome(rawValue: try row.text("word")) ?? .overtaken
    }
}
