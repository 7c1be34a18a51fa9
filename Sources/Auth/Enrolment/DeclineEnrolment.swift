import Foundation
import Postgres

/// Says no to an invitation, for good; the practice sees it there and can invite anew (IN-2).
struct DeclineEnrolment: IdempotentStatement {
    let act: Act
    let enrolment: UUID
    /// Of the enrolment, as it was read.
    let revision: Int

    static let lane = Lane.ordinary

    enum Outcome: String, Sendable {
        case declined, overtaken
    }

    static let arms = """
        declined as (
            update invitation
            set ended_at = clock_timestamp(),
                end_reason = '\(Invitation.Status.declined.rawValue)'
            from enrolment
            where enrolment.practice_id = $1::uuid
              and enrolment.client_id = $2::uuid
              and enrolment.enrolment_id = $6::uuid
              and enrolment.revision = $7::int8
              and enrolment.ended_at is null
              and invitation.practice_id = $1::uuid
              and invitation.invitation_id = enrolment.invitation_id
              and invitation.ended_at is null
              and not exists (select from stored)
            returning invitation.invitation_id
        ),
        ended as (
            update enrolment
            set ended_at = clock_timestamp(),
                end_reason = '\(Enrolment.Status.declined.rawValue)',
                first_name = null, last_name = null, username = null, password = null,
                revision = enrolment.revision + 1
            from declined
            where enrolment.practice_id = $1::uuid
              and enrolment.invitation_id = declined.invitation_id
              and enrolment.ended_at is null
        ),
        outcome as (
            select case
                       when declined.invitation_id is not null then 'declined'
                       else 'overtaken'
                   end as word,
                   declined.invitation_id is not null as lasting
            from (values (1)) as always_one_row
            left join declined on true
        ),
        audited as (
            insert into audit
                (practice_id, event, result, client_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.invitationDeclined.rawValue)', 'done', $2::uuid,
                   declined.invitation_id, $5::uuid
            from declined
        )
        """

    var ownParameters: [Parameter] { [.uuid(enrolment), .int(revision)] }

    static func outcome(_ row: Row) throws -> Outcome {
        Outcome(rawValue: try row.text("word")) ?? .overtaken
    }
}
