import Cryptography
import Foundation
import Postgres

/// The mailbox that an account had before the change that its owner stopped it for (Z-32).
///
/// The freeze gives its name back, with which its owner may know the account alone: a name opens nothing.
/// The mailbox itself comes back with the recovery that lifts the freeze, if it is read there. It is no
/// proof of that recovery: who reads it may be the one whom the owner left it to.
struct FindFormerMailbox: Statement {
    let practice: UUID
    let account: UUID

    static let lane = Lane.ordinary

    struct Found: Sendable {
        /// As typed; nil where the account had none.
        let address: EmailAddress?
    }

    static let sql = """
        select (
                   select contact.address
                   from contact
                   where contact.account_id = account.account_id
                     and \(reach.givesBack("contact"))
                   order by contact.stood_until desc, contact.contact_id
                   limit 1) as address,
               $nonce as nonce
        from membership
        join account on account.account_id = membership.account_id
        where membership.practice_id = $1::uuid
          and membership.account_id = $2::uuid
          and exists (
              select from contact
              where contact.account_id = account.account_id
                and contact.kind = 'email'
                and contact.confirmed_at is not null
                and \(reach.isAgainst("contact", since: "confirmed_at")))
        """

    private static let reach = FreezeReach(of: "account")

    var parameters: [Parameter] { [.uuid(practice), .uuid(account)] }

    /// Nil where the freeze is against no mailbox.
    static func decode(_ rows: [Row]) throws -> Found? {
        try rows.first.map { row in
            Found(address: try row.textIfPresent("address").flatMap { EmailAddress($0) })
        }
    }
}

extension Transaction {
    /// Has an account that its owner stopped be known by the mailbox of before, and by none that the freeze
    /// is against.
    func giveBackName(to account: UUID, in practice: Practice, keys: KeyRing) async throws {
        let found = try await run(FindFormerMailbox(practice: practice.id, account: account))
        guard let found else { return }
        try await run(
            RenameAccount(
                practice: practice.id, account: account, to: found.address, keys: keys))
    }
}

/// Takes the names away that the mailboxes of an account gave it, and gives it that of a former one where
/// that names nobody besides (Z-17). It is run behind ``LockImports``.
struct RenameAccount: Statement {
    let practice: UUID
    let account: UUID
    let address: String?
    let identifier: SealedIdentifier?

    static let lane = Lane.ordinary

    init(practice: UUID, account: UUID, to mailbox: EmailAddress?, keys: KeyRing) {
        self.practice = practice
        self.account = account
        address = mailbox?.registered.lowercased()
        identifier = mailbox.map {
            SealedIdentifier(
                Identifier(typed: $0.typed), of: account, practice: practice, keys: keys)
        }
    }

    static let sql = """
        with free as (
            \(ContactMove.names(account: "$2", indexes: "$3", address: "$6"))
        ),
        unnamed as (
            delete from identifier
            using free
            where identifier.practice_id = $1::uuid
              and identifier.account_id = $2::uuid
              and identifier.kind = 'email'
              and (free.address and identifier.value_index = any ($3::bytea[])) is not true
        ),
        named as (
            insert into identifier (practice_id, value_index, account_id, kind, key_id, value)
            select $1::uuid, name.value_index, $2::uuid, name.kind, name.key_id, name.value
            from free
            cross join (
                \(SealedIdentifier.rows(
                    kind: "email", indexes: "$3", keyIDs: "$4", value: "$5"))
            ) as name
            where free.address
            on conflict (practice_id, value_index, account_id) do nothing
        )
        select $nonce as nonce
        """

    var parameters: [Parameter] {
        [.uuid(practice), .uuid(account)] + SealedIdentifier.parameters(identifier)
            + [address.map(Parameter.text) ?? .null]
    }

    static func decode(_ rows: [Row]) throws {}
}
