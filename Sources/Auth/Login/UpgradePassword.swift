import Foundation
import Postgres

/// Puts our own hash of a password that was right in the place of an earlier system's (SU-4).
///
/// The password stays as it is, and so does since when it is the account's.
struct UpgradePassword: Statement {
    let account: UUID
    /// As it was compared.
    let compared: [UInt8]
    let password: SealedPassword

    var subject: UUID? { account }

    static let sql = """
        with held as (  -- Of parallel sign-ins one goes first, and the others see what it did.
            select account.account_id, account.password
            from account
            where account.account_id = $1::uuid
            for update
        ),
        upgraded as (
            update account
            set password = $3::bytea
            from held
            where account.account_id = held.account_id
              and held.password = $2::bytea
            returning account.password
        )
        select coalesce(upgraded.password, held.password) as password, $nonce as nonce
        from held
        left join upgraded on true
        """

    var parameters: [Parameter] { [.uuid(account), .bytes(compared), .bytes(password.bytes)] }

    /// What is the account's now; nil where the account is gone.
    static func decode(_ rows: [Row]) throws -> [UInt8]? { try rows.first?.bytes("password") }
}
