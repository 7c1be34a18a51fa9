import Cryptography
import Foundation
import Postgres

/// Makes the account, its place in the practice and its session in one commit (IN-6); the invitation
/// and the super-PIN are used up.
///
/// Rows are locked in the order patient, invitation, enrolment.
struct CompleteEnrolment: IdempotentStatement {
    let act: Act
    let enrolment: UUID
    /// Of the enrolment, as it was read.
    let revision: Int
    /// Of the register's entry, likewise.
    let patient: PatientVersion
    let names: AccountNames
    let locale: Language
    /// The mailbox that the invitation went to, as it was typed.
    let email: String
    let session: NewSession
    /// What the practice's policy wants done before its tokens open anything (Z-5).
    let steps: [LoginPlan.Step]

    static let lane = Lane.ordinary
    static let retryableConstraints = [
        "idempotency_pkey", "identifier_one_account_key", "patient_link_self_key",
    ]

    enum Outcome: Sendable {
        case completed(OpenedSession)
        /// The username is somebody's by now, or the address is; the profile is asked again.
        case unnamed
        case overtaken
    }

    static let arms = """
        \(AccountNames.arms(username: "$10", email: "$11", shared: "$12")),
        \(UsedInvitation.acceptedArms(as: .accepted, from: "named", where: """
            named.fault is null
                  and not exists (
                      select from document_due
                      where document_due.practice_id = $1::uuid
                        and document_due.enrolment_id = $6::uuid)
            """)),
        taken as (  -- What was typed, before it is erased.
            select enrolment.enrolment_id, enrolment.account_id, enrolment.first_name,
                   enrolment.last_name, enrolment.password, enrolment.identity_level,
                   enrolment.documents,
                   accepted.patient_id
            from accepted
            join enrolment
                on enrolment.practice_id = $1::uuid
                and enrolment.enrolment_id = $6::uuid
        ),
        \(UsedInvitation.endedArms(as: .accepted, session: "$16::uuid")),
        created as (  -- 3. The account, with the mailbox that the links were opened from.
            insert into account (account_id, first_name, last_name, locale, password)
            select taken.account_id, taken.first_name, taken.last_name, $13::text, taken.password
            from taken
            returning account_id
        ),
        reached as (
            insert into contact (account_id, contact_id, kind, address, confirmed_at)
            select created.account_id, $15::uuid, 'email', $14::text, clock_timestamp()
            from created
        ),
        joined as (
            insert into membership (practice_id, account_id)
            select $1::uuid, created.account_id
            from created
            returning account_id, subject
        ),
        identified_by as (
            insert into identifier (practice_id, value_index, account_id, kind, key_id, value)
            select $1::uuid, name.value_index, joined.account_id, name.kind, name.key_id,
                   name.value
            from joined
            cross join named
            cross join (
                \(SealedIdentifier.rows(
                    kind: "username", indexes: "$10", keyIDs: "$20", value: "$21"))
                union all
                \(SealedIdentifier.rows(
                    kind: "email", indexes: "$11", keyIDs: "$22", value: "$23"))
            ) as name
            where name.kind <> 'email' or named.by_email
        ),
        own as (
            insert into patient_link
                (practice_id, account_id, patient_id, role, identity_level)
            select $1::uuid, joined.account_id, taken.patient_id, 'self', taken.identity_level
            from joined, taken
            returning patient_id, identity_level
        ),
        consented as (  -- What was accepted and when, with the text's hash (IN-5).
            insert into consent
                (practice_id, account_id, kind, version, locale, text_hash, accepted_at)
            select $1::uuid, joined.account_id, document.kind, document.version, document.locale,
                   document.text_hash, coalesce(accepted.accepted_at, clock_timestamp())
            from joined
            cross join taken
            cross join lateral jsonb_to_recordset(taken.documents)
                as accepted
                    (kind text, version text, locale text, accepted_at timestamptz)
            join document
                on document.practice_id = $1::uuid
                and document.kind = accepted.kind
                and document.version = accepted.version
                and document.locale = accepted.locale
        ),
        numbered as (  -- 4. The customer number is the account's.
            update customer_number
            set account_id = taken.account_id
            from taken
            where customer_number.practice_id = $1::uuid
              and customer_number.patient_id = taken.patient_id
        ),
        opened as (  -- 5. The session.
            insert into session
                (practice_id, session_id, account_id, client_id, network_key, proofs, steps,
                 authenticated_at, refresh_hash, rotated_at, expires_at)
            select $1::uuid, $16::uuid, joined.account_id, $2::uuid, $18::bytea,
                   proof('\(Proof.Method.password.rawValue)')
                       || proof('\(Proof.Method.enrolment.rawValue)'),
                   $19::text[], present.instant, $17::bytea, present.instant,
                   present.instant + interval '\(SessionLimits.lifetimeHours) hours'
            from joined
            cross join (select clock_timestamp() as instant) as present
            returning session_id, account_id, proofs, steps, authenticated_at, expires_at
        ),
        -- Rows that this very statement makes can't be read back.
        identified as (
            select joined.subject, array[own.patient_id] as patients, own.identity_level
            from joined, own
        ),
        unnamed as (
            update enrolment
            set password = null,
                revision = enrolment.revision + 1
            from named, held
            where enrolment.practice_id = $1::uuid
              and enrolment.client_id = $2::uuid
              and enrolment.enrolment_id = $6::uuid
              and enrolment.revision = $7::int8
              and enrolment.ended_at is null
              and named.fault is not null
            returning enrolment.enrolment_id
        ),
        outcome as (
            select case
                       when opened.session_id is not null then 'completed'
                       when unnamed.enrolment_id is not null then 'unnamed'
                       else 'overtaken'
                   end as word,
                   opened.session_id is not null as lasting,
                   \(OpenedSession.columns)
            from (values (1)) as always_one_row
            left join opened on true
            left join identified on true
            left join unnamed on true
        ),
        audited as (
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.accountCreated.rawValue)', 'done', taken.identity_level,
                   $2::uuid, taken.account_id, taken.enrolment_id, $5::uuid
            from taken
        )
        """

    var ownParameters: [Parameter] {
        [.uuid(enrolment), .int(revision), .uuid(patient.id), .int(patient.revision)]
            + names.parameters + [
                .text(locale.rawValue), .text(email), .uuid(SecureRandom.uuid()),
                .uuid(session.id), .bytes(session.refreshHash),
                session.networkKey.map(Parameter.bytes) ?? .null,
                .texts(steps.map(\.rawValue)),
            ] + names.writtenParameters
    }

    static func outcome(_ row: Row) throws -> Outcome {
        switch try row.text("word") {
        case "completed": .completed(try OpenedSession(row))
        case "unnamed": .unnamed
        default: .overtaken
        }
    }
}
