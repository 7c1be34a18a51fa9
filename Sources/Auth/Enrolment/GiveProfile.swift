import Cryptography
import Foundation
import Postgres

/// Keeps what the person typed: names, a username if they want one, a password (IN-3).
struct GiveProfile: IdempotentStatement {
    let act: Act
    let enrolment: UUID
    /// Of the enrolment, as it was read.
    let revision: Int
    let profile: Profile
    let password: SealedPassword
    /// What may name the account, by every key of the ring.
    let names: AccountNames

    static let lane = Lane.ordinary

    struct Profile: Sendable {
        let firstName: PersonName
        let lastName: PersonName
        /// As it is compared.
        let username: String?
    }

    enum Outcome: String, Sendable {
        case given
        /// Somebody of the practice signs in with it.
        case usernameTaken = "username-taken"
        /// The address names nobody, so that a username has to (Z-17).
        case usernameNeeded = "username-needed"
        case overtaken
    }

    static let arms = """
        \(AccountNames.arms(username: "$8", email: "$9", shared: "$10")),
        given as (
            update enrolment
            set first_name = $11::text,
                last_name = $12::text,
                username = $13::text,
                password = $14::bytea,
                revision = enrolment.revision + 1
            from named, invitation
            where enrolment.practice_id = $1::uuid
              and enrolment.client_id = $2::uuid
              and enrolment.enrolment_id = $6::uuid
              and enrolment.revision = $7::int8
              and enrolment.ended_at is null
              and invitation.practice_id = $1::uuid
              and invitation.invitation_id = enrolment.invitation_id
              and invitation.ended_at is null
              and named.fault is null
              and not exists (select from stored)
            returning enrolment.enrolment_id
        ),
        outcome as (
            select case
                       when given.enrolment_id is not null then 'given'
                       else coalesce(named.fault, 'overtaken')
                   end as word,
                   given.enrolment_id is not null as lasting
            from named
            left join given on true
        ),
        audited as (
            insert into audit
                (practice_id, event, result, client_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.profileGiven.rawValue)', 'done', $2::uuid,
                   given.enrolment_id, $5::uuid
            from given
        )
        """

    var ownParameters: [Parameter] {
        [.uuid(enrolment), .int(revision)] + names.parameters + [
            .text(profile.firstName.text), .text(profile.lastName.text),
            profile.username.map(Parameter.text) ?? .null, .bytes(password.bytes),
        ]
    }

    static func outcome(_ row: Row) throws -> Outcome {
        Outcome(rawValue: try row.text("word")) ?? .overtaken
    }
}

/// What an account is to be found by at sign-in.
struct AccountNames: Sendable {
    /// Nil where the person wants none.
    let username: SealedIdentifier?
    let email: SealedIdentifier
    /// Whether other patients of the practice have the address too: then it names nobody (Z-17).
    let addressIsShared: Bool

    init(
        username: String?, email: String, addressIsShared: Bool, account: UUID, practice: UUID,
        keys: KeyRing
    ) {
        func sealed(_ text: String) -> SealedIdentifier {
            SealedIdentifier(
                Identifier(typed: text), of: account, practice: practice, keys: keys)
        }
        self.username = username.map(sealed)
        self.email = sealed(email)
        self.addressIsShared = addressIsShared
    }

    /// Three: username, address, whether that is shared.
    var parameters: [Parameter] {
        [
            SealedIdentifier.parameters(username)[0], SealedIdentifier.parameters(email)[0],
            .bool(addressIsShared),
        ]
    }

    /// Four: key ids and sealed text of the username, and of the address.
    var writtenParameters: [Parameter] {
        [username, email].flatMap { SealedIdentifier.parameters($0).dropFirst() }
    }

    /// The arm `named`: one row, with whether the address can name the account (`by_email`), and with
    /// why the account can't be named so (`fault`).
    static func arms(username: String, email: String, shared: String) -> String {
        """
        free as (
                select not \(shared)::bool and not exists (
                           select from identifier
                           where identifier.practice_id = $1::uuid
                             and identifier.value_index = any (\(email)::bytea[])) as address,
                       not exists (
                           select from identifier
                           where identifier.practice_id = $1::uuid
                             and identifier.value_index = any (\(username)::bytea[])) as username
            ),
            named as (
                select free.address as by_email,
                       case
                           when not free.username then 'username-taken'
                           when \(username)::bytea[] is null and not free.address
                           then 'username-needed'
                       end as fault
                from free
            )
        """
    }
}
