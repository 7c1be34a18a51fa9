import Cryptography
import Foundation
import Postgres

/// Whose a linking code is, and what that account may be called where it is typed.
struct FindLinkingCode: Statement {
    /// By every key of the ring.
    let hashes: [[UInt8]]

    static let lane = Lane.ordinary
    static let spansPractices: String? = "the code was made in another practice"

    struct Found: Sendable {
        let account: UUID
        /// Where it was made.
        let practice: UUID
        /// Whether it can be used as yet.
        let isGood: Bool
        /// The oldest confirmed one; nil where the account has none.
        let mailbox: EmailAddress?
        /// The username there, sealed; nil where it has none.
        let sealedUsername: [UInt8]?

        /// - Throws: `SealingKey.Fault` where the row was tampered with.
        func username(keys: KeyRing) throws -> String? {
            try sealedUsername.map {
                try SealedIdentifier.opened($0, of: account, practice: practice, keys: keys)
            }
        }
    }

    static let sql = """
        select linking_code.account_id, linking_code.practice_id,
               linking_code.used_at is null and linking_code.expires_at > clock_timestamp()
                   as is_good,
               (select contact.address
                from contact
                where contact.account_id = linking_code.account_id
                  and contact.kind = 'email'
                  and contact.confirmed_at is not null
                order by contact.created_at, contact.contact_id
                limit 1) as mailbox,
               (select identifier.value
                from identifier
                where identifier.practice_id = linking_code.practice_id
                  and identifier.account_id = linking_code.account_id
                  and identifier.kind = 'username'
                limit 1) as username,
               $nonce as nonce
        from linking_code
        where linking_code.code_hash = any ($1::bytea[])
        """

    var parameters: [Parameter] { [.byteArrays(hashes)] }

    static func decode(_ rows: [Row]) throws -> Found? {
        try rows.first.map { row in
            Found(
                account: try row.uuid("account_id"), practice: try row.uuid("practice_id"),
                isGood: try row.bool("is_good"),
                mailbox: try row.textIfPresent("mailbox").flatMap(EmailAddress.init),
                sealedUsername: try row.bytesIfPresent("username"))
        }
    }
}

/// Uses a linking code up, once: of two that do it at the same time one goes on.
struct UseLinkingCode: Statement {
    let hashes: [[UInt8]]
    let account: UUID

    static let lane = Lane.ordinary
    static let spansPractices: String? = "the code was made in another practice"

    static let sql = """
        with used as (
            update linking_code
            set used_at = clock_timestamp()
            from session, account
            where linking_code.code_hash = any ($1::bytea[])
              and linking_code.account_id = $2::uuid
              and linking_code.used_at is null
              and linking_code.expires_at > clock_timestamp()
              and session.practice_id = linking_code.practice_id
              and session.session_id = linking_code.session_id
              and session.ended_at is null
              and account.account_id = linking_code.account_id
              and account.disabled_at is null
            returning linking_code.code_id
        )
        select exists (select from used) as is_used, $nonce as nonce
        """

    var parameters: [Parameter] { [.byteArrays(hashes), .uuid(account)] }

    static func decode(_ rows: [Row]) throws -> Bool {
        try rows.first?.bool("is_used") ?? false
    }
}
