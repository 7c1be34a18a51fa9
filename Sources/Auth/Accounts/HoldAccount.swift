import Foundation
import Postgres

/// Keeps an account as it is until the transaction is over; nil where it is no member of the practice.
struct HoldAccount: Statement {
    let practice: UUID
    let account: UUID

    static let lane = Lane.ordinary

    static let sql = """
        select account.account_id, $nonce as nonce
        from account
        join membership
            on membership.practice_id = $1::uuid
            and membership.account_id = account.account_id
        where account.account_id = $2::uuid
        for update of account
        """

    var parameters: [Parameter] { [.uuid(practice), .uuid(account)] }

    static func decode(_ rows: [Row]) throws -> UUID? { try rows.first?.uuid("account_id") }
}
