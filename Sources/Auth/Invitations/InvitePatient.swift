import Foundation
import Postgres

/// Invites a patient, or finds the open invitation: the invitation, its link and its mail in one commit.
///
/// Rows are locked in the order patient, destination, invitation.
struct InvitePatient: IdempotentStatement {
    let act: Act
    /// The entry as it was read; one that has changed since is not invited.
    let patient: PatientVersion
    let invitationID: UUID
    let link: SendLink

    static let lane = Lane.ordinary
    static let retryableConstraints = ["idempotency_pkey", "invitation_open_key"]

    enum Outcome: Sendable {
        case invited(UUID)
        /// There is an open one, which nothing was done to.
        case standing(UUID)
        /// The patient has an account of their own (Z-13).
        case alreadyActive
        case refused(SendRefusal)
        /// The entry has changed, or somebody else was faster: to be judged anew.
        case overtaken
    }

    /// The link's parameters come after those of the patient.
    private static let firstOfLink = 10
    private static let reminder = firstOfLink + SendLink.Place.allCases.count

    static let arms = """
        held as (  -- 1. The patient, as the caller has read the entry; of parallel calls one goes first.
            select patient.patient_id, patient.identity_mac
            from patient
            where patient.practice_id = $1::uuid
              and patient.patient_id = $6::uuid
              and patient.revision = $7::int8
              and not exists (select from stored)
            for update
        ),
        owned as (
            select patient_link.account_id
            from held
            join patient_link
                on patient_link.practice_id = $1::uuid
                and patient_link.patient_id = held.patient_id
                and patient_link.role = 'self'
        ),
        standing as (
            select invitation.invitation_id
            from held
            join invitation
                on invitation.practice_id = $1::uuid
                and invitation.patient_id = held.patient_id
            where invitation.ended_at is null
              and invitation.expires_at > clock_timestamp()
              and invitation.identity_mac = held.identity_mac
              and invitation.identity_tries_left > 0
        ),
        asked as (
            select clock_timestamp() + interval '\(Invitation.lifetimeDays) days' as ends_at
            from held
            where not exists (select from owned)
              and not exists (select from standing)
        ),
        \(SendLink.limitArms(first: firstOfLink)),
        lapsed as (  -- 2. One that is over gives way.
            update invitation
            set ended_at = clock_timestamp(),
                end_reason = case
                    when invitation.identity_mac is distinct from held.identity_mac
                    then '\(Invitation.Status.detailsChanged.rawValue)'
                    when invitation.identity_tries_left = 0
                    then '\(Invitation.Status.triesExhausted.rawValue)'
                    else '\(Invitation.Status.expired.rawValue)'
                end
            from held, addressed
            where invitation.practice_id = $1::uuid
              and invitation.patient_id = held.patient_id
              and invitation.ended_at is null
            returning invitation.invitation_id
        ),
        invited as (  -- 3. The invitation, for what the entry holds now.
            insert into invitation
                (practice_id, invitation_id, patient_id, client_id, identity_mac, link_id,
                 destination, expires_at, reminded_at)
            select $1::uuid, $8::uuid, held.patient_id, $2::uuid, held.identity_mac,
                   \(SendLink.parameter(.link, first: firstOfLink))::uuid, $9::text, ready.ends_at,
                   \(SendLink.remindedAt("ready.ends_at", reminder: reminder))
            from held, ready, addressed
            where (select count(*) from lapsed) >= 0
            returning invitation_id, expires_at as link_ends_at, reminded_at
        ),
        \(SendLink.linkArms(first: firstOfLink, template: .invitation, of: "invited")),
        \(SendLink.reminderArm(first: firstOfLink, reminder: reminder, of: "invited")),
        outcome as (
            select case
                       when invited.invitation_id is not null then 'invited'
                       when owned.account_id is not null then 'already-active'
                       when standing.invitation_id is not null then 'standing'
                       \(SendLink.refusalWords)
                       else 'overtaken'
                   end as word,
                   coalesce(invited.invitation_id, standing.invitation_id) as invitation_id,
                   invited.invitation_id is not null as lasting,
                   \(SendLink.refusalColumns)
            from (values (1)) as always_one_row
            left join invited on true
            left join owned on true
            left join standing on true
            left join ready on true
        ),
        audited as (
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.invitationSent.rawValue)',
                   case when outcome.word = 'invited' then 'done' else 'refused' end,
                   case when outcome.word = 'invited' then null else outcome.word end,
                   $2::uuid, owned.account_id, coalesce(outcome.invitation_id, $6::uuid), $5::uuid
            from outcome
            left join owned on true
            where outcome.word not in ('overtaken', 'standing')
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
        switch try row.text("word") {
        case "invited": return .invited(try row.uuid("invitation_id"))
        case "standing": return .standing(try row.uuid("invitation_id"))
        case "already-active": return .alreadyActive
        default: return .overtaken
        }
    }
}
