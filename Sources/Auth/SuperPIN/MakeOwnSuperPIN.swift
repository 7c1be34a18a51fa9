import Cryptography
import Foundation
import Postgres

/// Makes a signed-in patient's next super-PIN, the way from a request to what it answers (AC-5, AC-8).
struct MakeOwnSuperPIN: Sendable {
    let database: Database
    let hasher: SuperPINHasher

    /// What the answer has, and nothing else ever again (Z-8).
    struct Made: Sendable {
        /// First and last.
        let name: String
        let locale: Language
        let number: CustomerNumber
        let pin: SuperPIN
        let createdAt: Date
    }

    private var keys: KeyRing { hasher.keys }
    /// Whoever races others looks anew; nobody loses three in a row.
    private static let attempts = 3

    /// - Throws: `token-invalid`, `idempotency-key-reused`, `idempotency-secret-gone`,
    ///   `super-pin-limit-reached`, `overloaded`; what ``PasswordHasher/hash(_:turn:)`` throws.
    func run(
        for patient: SignedIn, act: Act, network: [UInt8]?
    ) async throws -> Made {
        for _ in 0..<Self.attempts {
            let found = try await database.run(
                FindRecoveryPINHolder(act: act, account: patient.accountID))
            guard let holder = found else { throw Problem(.tokenInvalid) }
            if let stored = holder.stored { return try again(stored, holder, patient) }
            if let until = holder.againAt {
                throw Problem(.superPINLimitReached, retryAt: until)
            }
            let (id, pin) = (UUIDv7.make(at: Date()), SuperPIN.random())
            let hash = try await hasher.sealed(
                pin, of: RecoveryPIN.owner(pin: id), practice: act.practiceID,
                turn: Turn(
                    practice: act.practiceID, network: network ?? patient.accountID.bytes,
                    kind: .known))
            let answered = try await database.run(
                MakeRecoveryPIN(
                    act: act, account: patient.accountID,
                    session: patient.session.sessionID, pinID: id, hash: hash,
                    sealed: secret(id).sealed(pin.symbols, for: act)))
            switch answered {
            case .now(.made(let made)): return try answer(pin, made, holder, patient)
            // Another request with this key was faster; its answer is found now.
            case .now(.raced), .before, .keyReused: continue
            }
        }
        throw Problem(.overloaded)
    }

    /// The same PIN again, for a minute and while it is good (Z-24).
    private func again(
        _ stored: Answered<MakeRecoveryPIN.Outcome>, _ holder: FindRecoveryPINHolder.Holder,
        _ patient: SignedIn
    ) throws -> Made {
        guard case .before(.made(let made), let secondsAgo) = stored else {
            throw Problem(.idempotencyKeyReused)
        }
        guard holder.storedIsLive,
            let symbols = secret(made.pinID).opened(made.sealed, secondsAgo: secondsAgo)
        else { throw Problem(.idempotencySecretGone) }
        return try answer(try SuperPIN(typed: symbols.expose()), made, holder, patient)
    }

    private func answer(
        _ pin: SuperPIN, _ made: MakeRecoveryPIN.Made, _ holder: FindRecoveryPINHolder.Holder,
        _ patient: SignedIn
    ) throws -> Made {
        Made(
            name: holder.name, locale: patient.locale,
            number: try CustomerNumber(typed: made.customerNumber), pin: pin,
            createdAt: made.createdAt)
    }

    private func secret(_ pin: UUID) -> AnswerSecret {
        AnswerSecret(kind: "own-super-pin", id: pin, keys: keys)
    }
}
