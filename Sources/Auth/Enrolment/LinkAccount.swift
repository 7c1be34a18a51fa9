import Foundation
import Postgres

/// Joins the patient of an enrolment to an account that the person has here already, instead of making
/// another one (IN-2, Z-15).
///
/// Rows are locked in the order patient, invitation, enrolment.
struct LinkAccount: IdempotentStatement {
    let act: Act
    let enrolment: UUID
    /// Of the enrolment, as it was read.
    let revision: Int
    /// Of the register's entry, likewise.
    let patient: PatientVersion
    let account: UUID
    let link: PatientRole

    static let lane = Lane.ordinary
    static let retryableConstraints = ["idempotency_pkey", "patient_link_self_key"]

    enum Outcome: Sendable {
        case linked(role: String)
        case overtaken
    }

    static let arms = """
        \(UsedInvitation.acceptedArms(as: .linked, from: "membership", where: """
            membership.practice_id = $1::uuid
                  and membership.account_id = $10::uuid
            """)),
        \(UsedInvitation.endedArms(as: .linked)),
        joined as (  -- 3. The link, or a better proof and a later end of one that was there.
            insert into patient_link
                (practice_id, account_id, patient_id, role, identity_level, ends_at)
            select $1::uuid, $10::uuid, accepted.patient_id, $11::text, accepted.identity_level,
                   $12::timestamptz
            from accepted
            on conflict (practice_id, account_id, patient_id) do update
            set role = excluded.role,
                identity_level = excluded.identity_level,
                ends_at = excluded.ends_at
            returning role
        ),
        outcome as (
            select case when joined.role is not null then 'linked' else 'overtaken' end as word,
                   joined.role is not null as lasting, joined.role
            from (values (1)) as always_one_row
            left join joined on true
        ),
        audited as (
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.accountLinked.rawValue)', 'done', joined.role, $2::uuid,
                   $10::uuid, $6::uuid, $5::uuid
            from joined
        )
        """

    var ownParameters: [Parameter] {
        [
            .uuid(enrolment), .int(revision), .uuid(patient.id), .int(patient.revision),
            .uuid(account), .text(link.role.rawValue), link.endsAt.map(Parameter.instant) ?? .null,
        ]
    }

    static func outcome(_ row: Row) throws -> Outcome {
        try row.text("word") == "linked" ? .linked(role: try row.text("role")) : .overtaken
    }
}
