import Foundation
import Postgres

/// Where an account of this practice is reached by a channel: its oldest confirmed address. While an
/// owner's freeze lasts, none that it was against (Z-32).
struct FindContact: Statement {
    let practice: UUID
    let account: UUID
    let channel: ChannelKind

    enum Outcome: Sendable, Equatable {
        case address(String)
        case none
        /// The practice has no such account.
        case unknown
    }

    static let sql = """
        select reached.address, membership.account_id, $nonce as nonce
        from (values (1)) as always_one_row
        left join membership
            on membership.practice_id = $1::uuid
            and membership.account_id = $2::uuid
        left join account on account.account_id = membership.account_id
        left join lateral (
            select contact.address
            from contact
            where contact.account_id = membership.account_id
              and contact.kind = $3::text
              and contact.confirmed_at is not null
              and \(FreezeReach(of: "account").isAgainst("contact", since: "confirmed_at"))
                  is not true
            order by contact.created_at, contact.contact_id
            limit 1
        ) as reached on true
        """

    var parameters: [Parameter] { [.uuid(practice), .uuid(account), .text(channel.rawValue)] }

    static func decode(_ rows: [Row]) throws -> Outcome {
        guard let row = rows.first, try row.uuidIfPresent("account_id") != nil else {
            return .unknown
        }
        return try row.textIfPresent("address").map(Outcome.address) ?? .none
    }
}
