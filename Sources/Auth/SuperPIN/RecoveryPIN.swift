import Cryptography
import Foundation
import Postgres

/// A patient's own super-PIN, with which they recover what they have lost: shown once, pending until they
/// have saved it, and then good until it is used or replaced (AC-5, AC-8).
struct RecoveryPIN: Sendable {
    /// PINs of one account in a day: enough for a printer that jams (AC-8).
    static let issuesPerDay = 5

    let id: UUID
    let sealed: SealedSuperPIN

    /// Nil where the row has none.
    init?(_ row: Row) throws {
        guard let id = try row.uuidIfPresent("pin_id") else { return nil }
        self.id = id
        sealed = SealedSuperPIN(bytes: try row.bytes("hash"))
    }

    /// Whose it is, for ``SuperPINHasher``.
    static func owner(pin: UUID) -> SuperPINHasher.Owner {
        SuperPINHasher.Owner(kind: .recovery, id: pin)
    }

    /// Whether `typed` is the super-PIN; without one it takes as long (Z-20).
    static func isRight(
        _ typed: SuperPIN, _ pin: RecoveryPIN?, practice: UUID, hasher: SuperPINHasher, turn: Turn
    ) async throws -> Bool {
        let isRight = try await hasher.verify(
            typed, of: owner(pin: pin?.id ?? practice), practice: practice, against: pin?.sealed,
            turn: turn)
        return isRight && pin != nil
    }
}
