import Cryptography
import Foundation

/// A super-PIN as a table keeps it; who has the table alone can't try any (AC-8, S2).
struct SuperPINHash: Sendable, Equatable {
    /// The id of the key in it, which is needed as long as it is.
    let keyID: String
    /// Argon2id as a PHC string, with a salt of its own.
    let phc: String
}

/// Hashes and verifies super-PINs: HMAC with a key from outside the database, bound to whose it is,
/// then Argon2id in the fair queue of the passwords (Z-21, Z-32).
struct SuperPINHasher: Sendable {
    /// Whose super-PIN it is: the same symbols elsewhere are another one.
    struct Owner: Sendable, Equatable {
        /// An activation PIN is unknown where a recovery PIN is asked, and the other way round
        /// (Z-4).
        enum Kind: String, Sendable, CaseIterable {
            case activation, recovery
        }

        let kind: Kind
        /// The row that it belongs to.
        let id: UUID
    }

    let hasher: PasswordHasher
    let keys: KeyRing

    /// A hash by the current key; throws what ``PasswordHasher/hash(_:turn:)`` throws.
    func hash(_ pin: SuperPIN, of owner: Owner, turn: Turn) async throws -> SuperPINHash {
        let key = keys.macKey(.superPIN)
        let phc = try await hasher.hash(Self.keyed(pin, of: owner, by: key), turn: turn)
        return SuperPINHash(keyID: key.id, phc: phc)
    }

    /// Whether it is the owner's super-PIN; throws what
    /// ``PasswordHasher/verify(_:against:turn:)`` throws.
    ///
    /// - Parameter hash: nil where there is none, which takes as long as a wrong one, as does one
    ///   whose key is revoked.
    func verify(
        _ pin: SuperPIN, of owner: Owner, against hash: SuperPINHash?, turn: Turn
    ) async throws -> Bool {
        let key = hash.flatMap { keys.macKey(.superPIN, id: $0.keyID) }
        let stored = key == nil ? nil : hash?.phc
        let keyed = Self.keyed(pin, of: owner, by: key ?? keys.macKey(.superPIN))
        return try await hasher.verify(keyed, against: stored ?? hasher.dummyHash, turn: turn)
    }

    private static func keyed(
        _ pin: SuperPIN, of owner: Owner, by key: MACKey
    ) -> Secret<[UInt8]> {
        Secret(
            key.authenticate(fields: [
                owner.kind.rawValue, owner.id.uuidString, pin.symbols.expose(),
            ]))
    }
}
