import Cryptography
import Foundation
import Postgres

/// Asks a patient for their password once more, before what a stolen session must not do, and in a
/// recovery.
///
/// Tries are counted before they are compared, by themselves: they neither spend those of a sign-in nor
/// are forgiven by one (R4).
struct ConfirmPassword: Sendable {
    let database: Database
    let keys: KeyRing
    let passwords: PasswordCheck

    /// What asks for it; tries are counted for each by itself.
    enum Occasion: Sendable {
        case session
        /// Beside a class of proof, so that whoever has the owner's mailbox makes nobody wait who has the
        /// letter (Z-4, Z-19). A freeze does not stop its owner from this one.
        case recovery(beside: String)

        fileprivate var names: [String] {
            switch self {
            case .session: ["confirm"]
            case .recovery(let first): ["recovery-password", first]
            }
        }

        fileprivate var isRecovery: Bool {
            if case .recovery = self { true } else { false }
        }
    }

    /// - Throws: `password-incorrect`, `password-throttled`.
    func callAsFunction(
        _ password: Secret<String>, of patient: SignedIn, _ context: AuthRequestContext
    ) async throws {
        guard try await isRight(password, of: patient.accountID, in: .session, context) else {
            throw Problem(.passwordIncorrect)
        }
    }

    /// - Throws: `password-throttled`; `token-invalid` or `recovery-ended` where the account is stopped.
    func isRight(
        _ password: Secret<String>, of account: UUID, in occasion: Occasion,
        _ context: AuthRequestContext
    ) async throws -> Bool {
        let practice = try context.caller.practice.id
        let key = keys.macKey(.throttle).authenticate(
            fields: occasion.names.map { Array($0.utf8) } + [account.bytes])
        let admitted = try await database.run(
            AdmitConfirmation(
                practice: practice, key: key, account: account, takesFrozen: occasion.isRecovery))
        let sealed: [UInt8]
        switch admitted {
        case .admitted(let password): sealed = password
        case .waiting(let until): throw Problem(.passwordThrottled, retryAt: until)
        case .gone: throw Problem(occasion.isRecovery ? .recoveryEnded : .tokenInvalid)
        }
        let turn = Turn(
            practice: practice, network: context.patientNetwork ?? account.bytes, kind: .known)
        let phc = try SealedPassword(bytes: sealed).open(account: account, keys: keys)
        guard
            try await passwords.hasher.verify(password.passwordBytes, against: phc, turn: turn)
        else { return false }
        try await database.run(ForgetConfirmations(practice: practice, key: key))
        return true
    }
}

/// Counts a try at an account's password, unless a wait is on.
struct AdmitConfirmation: Statement {
    let practice: UUID
    let key: [UInt8]
    let account: UUID
    /// Whether one that its owner froze has a password still.
    let takesFrozen: Bool

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
            and (account.disabled_at is null or $4::bool and account.frozen_at is not null)
        left join throttle
            on throttle.practice_id = $1::uuid
            and throttle.throttle_key = $2::bytea
        """

    var parameters: [Parameter] {
        [.uuid(practice), .bytes(key), .uuid(account), .bool(takesFrozen)]
    }

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
