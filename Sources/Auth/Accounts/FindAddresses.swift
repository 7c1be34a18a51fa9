import Foundation
import Postgres

/// Where the people behind accounts of a practice are reached: confirmed addresses alone. While an owner's
/// freeze lasts, not those that it was against; the mailbox before such a one is told beside (Z-32).
struct FindAddresses: Statement {
    let practice: UUID
    let accounts: [UUID]

    static let lane = Lane.ordinary

    static let sql = """
        select way.account_id, way.channel, way.address, way.stands, account.locale,
               $nonce as nonce
        from membership
        join account on account.account_id = membership.account_id
        join (
            select contact.account_id, contact.kind as channel, contact.address,
                   contact.created_at, contact.contact_id as way_id,
                   contact.confirmed_at is not null as stands
            from contact
            join account as owner on owner.account_id = contact.account_id
            where contact.account_id = any ($2::uuid[])
              and (contact.confirmed_at is not null
                   and \(reach.isAgainst("contact", since: "confirmed_at")) is not true
                   or \(reach.givesBack("contact")))
            union all
            select factor.account_id, 'sms', factor.address, factor.created_at, factor.factor_id,
                   true
            from factor
            join account as owner on owner.account_id = factor.account_id
            where factor.account_id = any ($2::uuid[])
              and factor.type = 'sms'
              and factor.activated_at is not null
              and \(reach.isAgainst("factor", since: "activated_at")) is not true
        ) as way on way.account_id = membership.account_id
        where membership.practice_id = $1::uuid
          and membership.account_id = any ($2::uuid[])
        order by way.account_id, way.created_at, way.way_id
        """

    private static let reach = FreezeReach(of: "owner")

    var parameters: [Parameter] { [.uuid(practice), .uuids(accounts)] }

    /// By account; one that has none is missing.
    static func decode(_ rows: [Row]) throws -> [UUID: Addresses] {
        var found: [UUID: Addresses] = [:]
        for row in rows {
            guard let locale = Language(rawValue: try row.text("locale")) else {
                throw PostgresError.undecodable("locale")
            }
            let (account, address) = (try row.uuid("account_id"), try row.text("address"))
            switch try row.text("channel") {
            case ChannelKind.email.rawValue:
                guard let mailbox = EmailAddress(address) else {
                    throw PostgresError.undecodable("address")
                }
                let list: WritableKeyPath<Addresses, [EmailAddress]> =
                    try row.bool("stands") ? \.mailboxes : \.formerMailboxes
                found[account, default: Addresses(locale: locale)][keyPath: list].append(mailbox)
            default:
                found[account, default: Addresses(locale: locale)].numbers.append(address)
            }
        }
        return found
    }
}

/// Confirmed addresses of one account.
struct Addresses: Sendable {
    let locale: Language
    /// The oldest first.
    var mailboxes: [EmailAddress] = []
    /// Those before a change that the account is stopped for: they learn what happens, and no more.
    var formerMailboxes: [EmailAddress] = []
    /// E.164: of confirmed contacts and of phones that get codes.
    var numbers: [String] = []
}
