import Foundation
import Postgres

/// Sends an invitation again: another link for another fourteen days, the earlier one void. Always
/// allowed until activation, and after the link has expired.
///
/// Rows are locked in the order patient, destination, invitation.
struct ResendInvitation: IdempotentStatement {
    let act: Act
    let invitationID: UUID
    /// The entry as it was read; one that has changed since gets no mail.
    let patient: PatientVersion
    let link: SendLink

    static let lane = Lane.ordinary

    enum Outcome: Sendable {
        case sent
        case refused(SendRefusal)
        /// It has ended, or somebody else was faster: to be judged anew.
        case overtaken
    }

    private static let firstOfLink = 10
    private static let reminder = firstOfLink + SendLink.Place.allCases.count

    static let arms = """
        held as (  -- 1. The patient, as the caller has read the entry.
            select patient.patient_id, patient.identity_mac
            from patient
            where patient.practice_id = $1::uuid
              and patient.patient_id = $6::uuid
              and patient.revision = $7::int8
              and not exists (select from stored)
            for update
        ),
        asked as (
            select clock_timestamp() + interval '\(Invitation.lifetimeDays) days' as ends_at
            from held
            join invitation
                on invitation.practice_id = $1::uuid
                and invitation.patient_id = held.patient_id
            where invitation.invitation_id = $8::uuid
              and invitation.ended_at is null
              and invitation.identity_mac = held.identity_mac
        ),
        \(SendLink.limitArms(first: firstOfLink)),
        invited as (  -- 2. The invitation: from here on this link is its own.
            update invitation
            set link_id = \(SendLink.parameter(.link, first: firstOfLink))::uuid,
                destination = $9::text,
                expires_at = ready.ends_at,
                reminded_at = case  -- Once: what was brought to mind before is not again.
                    when invitation.reminded_at <= clock_timestamp() then invitation.reminded_at
                    else \(SendLink.remindedAt("ready.ends_at", reminder: reminder))
                end
            from ready, addressed
            where invitation.practice_id = $1::uuid
              and invitation.invitation_id = $8::uuid
              and invitation.ended_at is null
            returning invitation.invitation_id, invitation.expires_at as link_ends_at,
                      invitation.reminded_at
        ),
        \(SendLink.linkArms(first: firstOfLink, template: .invitation, of: "invited")),
        \(SendLink.reminderArm(first: firstOfLink, reminder: reminder, of: "invited")),
        outcome as (
            select case
                       when invited.invitation_id is not null then 'sent'
                       \(SendLink.refusalWords)
                       else 'overtaken'
                   end as word,
                   invited.invitation_id is not null as lasting,
                   \(SendLink.refusalColumns)
            from (values (1)) as always_one_row
            left join invited on true
            left join ready on true
        ),
        audited as (
            insert into audit
                (practice_id, event, result, reason, client_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.invitationResent.rawValue)',
                   case when outcome.word = 'sent' then 'done' else 'refused' end,
                   case when outcome.word = 'sent' then null else outcome.word end,
                   $2::uuid, $8::uuid, $5::uuid
            from outcome
            where outcome.word <> 'overtaken'
        )
        """

    var ownParameters: [Parameter] {
        [
            .uuid(patient.id), .int(patient.revision), .uuid(invitationID),
            .text(link.destination.masked),
        ] + link.parameters + link.reminderParameters
    }

    static func outcome(_ row: Row) throws -> Outcome {
        if let refusal = try SendRefusal(row) { return .refused(refusal) }
        return try row.text("word") == "sent" ? .sent : .overtaken
    }
}
