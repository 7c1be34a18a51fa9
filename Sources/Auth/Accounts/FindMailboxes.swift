import Foundation
import Postgres

/// Where the people behind accounts of a practice are reached by mail: confirmed addresses alone.
struct FindMailboxes: Statement {
    let practice: UUID
    let accounts: [UUID]

    /// An address, and the language of its owner.
    struct Mailbox: Sendable {
        let address: EmailAddress
        let locale: Language
    }

    static let lane = Lane.ordinary

    static let sql = """
        select membership.account_id, contact.address, account.locale, $nonce as nonce
        from membership
        join account on account.account_id = membership.account_id
        join contact on contact.account_id = membership.account_id
        where membership.practice_id = $1::uuid
          and membership.account_id = any ($2::uuid[])
          and contact.kind = 'email'
          and contact.confirmed_at is not null
        order by membership.account_id, contact.created_at, contact.contact_id
        """

    var parameters: [Parameter] { [.uuid(practice), .uuids(accounts)] }

    /// By account; one that has none is missing.
    static func decode(_ rows: [Row]) throws -> [UUID: [Mailbox]] {
        var mailboxes: [UUID: [Mailbox]] = [:]
        for row in rows {
            guard let address = EmailAddress(try row.text("address")),
                let locale = Language(rawValue: try row.text("locale"))
            else { throw PostgresError.undecodable(name) }
            mailboxes[try row.uuid("account_id"), default: []].append(
                Mailbox(address: address, locale: locale))
        }
        return mailboxes
    }
}
