import Cryptography
import Foundation

/// Hashes and verifies super-PINs by Argon2id in the fair queue of the passwords (Z-21), bound to whose
/// they are; the hash is kept sealed, as ``SealedSuperPIN``, so that who has the table alone can't try any
/// (AC-8, S2).
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

    /// A PHC string with a salt of its own; throws what ``PasswordHasher/hash(_:turn:)`` throws.
    func hash(_ pin: SuperPIN, of owner: Owner, turn: Turn) async throws -> String {
        try await hasher.hash(Self.bound(pin, to: owner), turn: turn)
    }

    /// Whether it is the owner's super-PIN; throws what
    /// ``PasswordHasher/verify(_:against:turn:)`` throws.
    ///
    /// - Parameter phc: nil where there is none, which takes as long as a wrong one.
    func verify(
        _ pin: SuperPIN, of owner: Owner, against phc: String?, turn: Turn
    ) async throws -> Bool {
        try await hasher.verify(
            Self.bound(pin, to: owner), against: phc ?? hasher.dummyHash, turn: turn)
    }

    private static func bound(_ pin: SuperPIN, to owner: Owner) -> Secret<[UInt8]> {
        Secret(
            FieldSequence.encode(
                [owner.kind.rawValue, owner.id.uuidString, pin.symbols.expose()]
                    .map { Array($0.utf8) }))
    }
}
