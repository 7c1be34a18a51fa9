import Cryptography
import Foundation

/// Compares passwords so that a refusal tells nothing but that it is one (P9, Z-20).
struct PasswordCheck: Sendable {
    let hasher: PasswordHasher
    let keys: KeyRing

    func isRight(
        _ password: Secret<String>, for candidate: AdmitLogin.Candidate, turn: Turn
    ) async throws -> Bool {
        let hash = try SealedPassword(bytes: candidate.sealedPassword)
            .open(account: candidate.accountID, keys: keys)
        return try await hasher.verify(password.passwordBytes, against: hash, turn: turn)
    }

    /// Our own hash of a password that was right, where an earlier system made the one that it was
    /// compared with; nil where there is nothing to do, or no place in the queue for it now.
    func upgrade(
        _ password: Secret<String>, of candidate: AdmitLogin.Candidate, turn: Turn
    ) async throws -> SealedPassword? {
        let hash = try SealedPassword(bytes: candidate.sealedPassword)
            .open(account: candidate.accountID, keys: keys)
        let bytes = password.passwordBytes
        guard try PasswordHash(parsing: hash).isOutdated(for: bytes) else { return nil }
        do {
            let ours = try await hasher.hash(bytes, turn: turn)
            return .seal(ours, account: candidate.accountID, keys: keys)
        } catch is HasherOverloaded {
            return nil
        }
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
