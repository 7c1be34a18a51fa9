import Foundation
import Postgres

/// Whether what a code went to was stopped by wrong ones, and which way that is (R4).
struct FindStoppedWay: Statement {
    let practice: UUID
    let account: UUID
    let code: UUID

    static let sql = """
        select code.channel, $nonce as nonce
        from code
        where code.practice_id = $1::uuid
          and code.code_id = $3::uuid
          and exists (
              select from factor
              where factor.account_id = $2::uuid
                and factor.factor_id = code.factor_id
                and factor.disabled_at is not null
              union all
              select from contact
              where contact.account_id = $2::uuid
                and contact.contact_id = code.factor_id
                and contact.disabled_at is not null)
        """

    var parameters: [Parameter] { [.uuid(practice), .uuid(account), .uuid(code)] }

    /// Nil where it takes codes as before.
    static func decode(_ rows: [Row]) throws -> ChannelKind? {
        try rows.first.flatMap { ChannelKind(rawValue: try $0.text("channel")) }
    }
}
