import Cryptography
import Foundation
import Postgres

/// Asks a signed-in patient for their password once more, before what a stolen session must not do.
///
/// Tries are counted before they are compared, by themselves: they neither spend those of a sign-in nor
/// are forgiven by one (R4).
struct ConfirmPassword: Sendable {
    let database: Database
    let keys: KeyRing
    let passwords: PasswordCheck

    /// - Throws: `password-incorrect`, `password-throttled`.
    func callAsFunction(
        _ password: Secret<String>, of patient: SignedIn, _ context: AuthRequestContext
    ) async throws {
        let practice = try context.caller.practice.id
        let key = keys.macKey(.throttle).authenticate(fields: [
            Array("confirm".utf8), patient.accountID.bytes,
        ])
        let admitted = try await database.run(
            AdmitConfirmation(practice: practice, key: key, account: patient.accountID))
        guard case .admitted(let sealed) = admitted else {
            guard case .waiting(let until) = admitted else { throw Problem(.tokenInvalid) }
            throw Problem(.passwordThrottled, retryAt: until)
        }
        let turn = Turn(
            practice: practice, network: context.patientNetwork ?? patient.accountID.bytes,
            kind: .known)
        let phc = try SealedPassword(bytes: sealed).open(account: patient.accountID, keys: keys)
        guard
            try await passwords.hasher.verify(password.passwordBytes, against: phc, turn: turn)
        else { throw Problem(.passwordIncorrect) }
        try await database.run(ForgetConfirmations(practice: practice, key: key))
    }
}

/// Counts a try at a signed-in patient's password, unless a wait is on.
struct AdmitConfirmation: Statement {
    let practice: UUID
    let key: [UInt8]
    let account: UUID

    var subject: UUID? { account }

    enum Outcome: Sendable {
        /// What to compare with.
        case admitted([UInt8])
        case waiting(until: Date)
        case gone
    }

    static let sql = """
        with charged as (
            insert into throttle as confirm
                (practice_id, throttle_key, failures, since, last_failed_at, blocked_until)
            values ($1::uuid, $2::bytea, 1, clock_timestamp(), clock_timestamp(),
                    clock_timestamp())
            \(AdmitLogin.waiting("confirm"))
        )
        select charged.throttle_key is not null as admitted, account.password,
               coalesce(
                   throttle.blocked_until,
                   clock_timestamp() + interval '\(LoginLimits.firstWaitSeconds) seconds'
               ) as retry_at,
               $nonce as nonce
        from (values (1)) as always_one_row
        left join charged on true
        left join account
            on account.account_id = $3::uuid
            and account.disabled_at is null
        left join throttle
            on throttle.practice_id = $1::uuid
            and throttle.throttle_key = $2::bytea
        """

    var parameters: [Parameter] { [.uuid(practice), .bytes(key), .uuid(account)] }

    static func decode(_ rows: [Row]) throws -> Outcome {
        guard let row = rows.first else { throw PostgresError.undecodable(name) }
        guard try row.bool("admitted") else { return .waiting(until: try row.instant("retry_at")) }
        return try row.bytesIfPresent("password").map(Outcome.admitted) ?? .gone
    }
}

/// A right password clears the tries before it.
struct ForgetConfirmations: Statement {
    let practice: UUID
    let key: [UInt8]

    static let sql = """
        with forgotten as (
            delete from throttle
            where throttle.practice_id = $1::uuid
              and throttle.throttle_key = $2::bytea
            returning throttle_key
        )
        select exists (select from forgotten) as forgotten, $nonce as nonce
        """

    var parameters: [Parameter] { [.uuid(practice), .bytes(key)] }

    static func decode(_ rows: [Row]) throws {}
}
