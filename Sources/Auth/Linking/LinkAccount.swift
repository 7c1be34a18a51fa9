import Foundation
import Postgres

/// Joins the patient of an enrolment to an account that the person has already, instead of making another
/// one (IN-2, Z-15): one that they are signed in to here, or by a linking code one of another practice,
/// which is this practice's too from then on.
///
/// Rows are locked in the order patient, invitation, enrolment, linking code. It is run in the transaction
/// that uses the code up.
struct LinkAccount: IdempotentStatement {
    let act: Act
    let enrolment: UUID
    /// Of the enrolment, as it was read.
    let revision: Int
    /// Of the register's entry, likewise.
    let patient: PatientVersion
    let account: UUID
    let link: PatientRole
    /// Nil where the person is signed in here.
    let entry: Entry?

    static let lane = Lane.ordinary
    static let retryableConstraints = [
        "idempotency_pkey", "patient_link_self_key", "patient_link_own_key",
        "identifier_one_account_key", "membership_pkey",
    ]

    /// How an account of another practice comes here.
    struct Entry: Sendable {
        /// The account's oldest mailbox, which names it here where it names nobody else (Z-17).
        let mailbox: SealedIdentifier?
        /// The same, as a register keeps it, in small letters.
        let address: String?
        let username: SealedIdentifier?
        /// Whether the person chose that for here; else it is the one from there, if it is free.
        let choseUsername: Bool

        /// Nine: whether there is one, mailbox, address, username, whether that was chosen.
        fileprivate var parameters: [Parameter] {
            var all: [Parameter] = [.bool(true)]
            all += SealedIdentifier.parameters(mailbox)
            all.append(address.map(Parameter.text) ?? .null)
            all += SealedIdentifier.parameters(username)
            all.append(.bool(choseUsername))
            return all
        }

        /// Those of somebody who is signed in here.
        fileprivate static let none: [Parameter] =
            [.bool(false)] + Array(repeating: .null, count: 7) + [.bool(false)]
    }

    enum Outcome: Sendable {
        case linked(role: String)
        /// The username is somebody's.
        case usernameTaken
        /// The account's mailbox names nobody here, so that a username has to (Z-17).
        case usernameNeeded
        case overtaken
    }

    static let arms = """
        free as (  -- What the account may be called here.
            select by_address.address and $14::bytea[] is not null as address,
                   $18::bytea[] is not null and not exists (
                       select from identifier
                       where identifier.practice_id = $1::uuid
                         and identifier.value_index = any ($18::bytea[])) as username
            from (
                \(ContactMove.names(account: "$10", indexes: "$14", address: "$17"))
            ) as by_address
        ),
        member as (
            select membership.account_id, false as is_new, null::text as fault
            from membership
            where membership.practice_id = $1::uuid
              and membership.account_id = $10::uuid
            union all
            select $10::uuid, true,
                   case
                       when $21::bool and not free.username then 'username-taken'
                       when not free.address and not free.username then 'username-needed'
                   end
            from free
            where $13::bool and not exists (
                select from membership
                where membership.practice_id = $1::uuid
                  and membership.account_id = $10::uuid)
        ),
        \(UsedInvitation.acceptedArms(as: .linked, from: "member", where: "member.fault is null")),
        \(UsedInvitation.endedArms(as: .linked)),
        entered as (  -- 3. The account's place in this practice, and its names here.
            insert into membership (practice_id, account_id)
            select $1::uuid, member.account_id
            from accepted, member
            where member.is_new
            returning account_id
        ),
        identified_by as (
            insert into identifier (practice_id, value_index, account_id, kind, key_id, value)
            select $1::uuid, name.value_index, entered.account_id, name.kind, name.key_id,
                   name.value
            from entered
            cross join free
            cross join (
                \(SealedIdentifier.rows(
                    kind: "username", indexes: "$18", keyIDs: "$19", value: "$20"))
                union all
                \(SealedIdentifier.rows(
                    kind: "email", indexes: "$14", keyIDs: "$15", value: "$16"))
            ) as name
            where case name.kind when 'email' then free.address else free.username end
        ),
        joined as (  -- 4. The link, or a better proof and a later end of one that was there.
            insert into patient_link
                (practice_id, account_id, patient_id, role, identity_level, ends_at)
            select $1::uuid, $10::uuid, accepted.patient_id,
                   case  -- One patient is the account's own; the next is somebody cared for.
                       when $11::text = 'self' and exists (
                           select from patient_link as own
                           where own.practice_id = $1::uuid
                             and own.account_id = $10::uuid
                             and own.role = 'self'
                             and own.patient_id <> accepted.patient_id)
                       then 'representative'
                       else $11::text
                   end,
                   accepted.identity_level, $12::timestamptz
            from accepted
            on conflict (practice_id, account_id, patient_id) do update
            set role = excluded.role,
                identity_level = excluded.identity_level,
                ends_at = excluded.ends_at
            returning role
        ),
        numbered as (  -- 5. A letter's number is the account's, where the patient is it.
            update customer_number
            set account_id = $10::uuid
            from accepted, joined
            where joined.role = 'self'
              and customer_number.practice_id = $1::uuid
              and customer_number.patient_id = accepted.patient_id
        ),
        outcome as (
            select case
                       when joined.role is not null then 'linked'
                       else coalesce(member.fault, 'overtaken')
                   end as word,
                   joined.role is not null as lasting, joined.role
            from (values (1)) as always_one_row
            left join joined on true
            left join member on true
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
        let linked: [Parameter] = [
            .uuid(enrolment), .int(revision), .uuid(patient.id), .int(patient.revision),
            .uuid(account), .text(link.role.rawValue), link.endsAt.map(Parameter.instant) ?? .null,
        ]
        return linked + (entry?.parameters ?? Entry.none)
    }

    static func outcome(_ row: Row) throws -> Outcome {
        switch try row.text("word") {
        case "linked": .linked(role: try row.text("role"))
        case "username-taken": .usernameTaken
        case "username-needed": .usernameNeeded
        default: .overtaken
        }
    }
}
