import Cryptography
import Foundation

/// Compares passwords so that a refusal tells nothing but that it is one (P9, Z-20).
struct PasswordCheck: Sendable {
    let hasher: PasswordHasher
    let keys: KeyRing

    func isRight(
        _ password: Secret<String>, for candidate: AdmitLogin.Candidate, turn: Turn
    ) async throws -> Bool {
        let phc = try SealedPassword(bytes: candidate.sealedPassword)
            .open(account: candidate.accountID, keys: keys)
        return try await hasher.verify(password.passwordBytes, against: phc, turn: turn)
    }

    /// The work of a comparison where there is nothing to compare with.
    func pretend(_ password: Secret<String>, turn: Turn) async throws {
        _ = try await hasher.verify(
            password.passwordBytes, against: hasher.dummyHash, turn: turn)
    }

    /// From now; refused answers leave when it is over, whatever was or wasn't done for them.
    var floor: TimeFloor {
        TimeFloor(until: .now + hasher.dearestCost + TimeFloor.margin)
    }
}

/// The moment before which no refusal leaves: above the dearest accepted hash, so that neither an
/// imported hash nor a missing account shows.
struct TimeFloor: Sendable {
    let until: ContinuousClock.Instant

    /// For the statements around the hash.
    static let margin = Duration.milliseconds(40)

    func wait() async throws {
        try await Task.sleep(until: until, clock: .continuous)
    }
}
