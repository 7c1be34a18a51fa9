import Cryptography
import Foundation

/// A super-PIN's hash as a table keeps it: sealed, and bound to its practice and to whose it is, so
/// that a row says nothing and opens nowhere else (AC-8, S2).
struct SealedSuperPIN: Sendable, Equatable {
    let bytes: [UInt8]

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// - Parameter phc: of ``SuperPINHasher/hash(_:of:turn:)``.
    init(_ phc: String, of owner: SuperPINHasher.Owner, practice: UUID, keys: KeyRing) {
        bytes = keys.sealingKey(.superPIN).seal(
            Array(phc.utf8), boundTo: Self.binding(owner, practice))
    }

    /// The hash; nil where its key is revoked.
    ///
    /// - Throws: `SealingKey.Fault` where the row was tampered with.
    func open(
        of owner: SuperPINHasher.Owner, practice: UUID, keys: KeyRing
    ) throws(SealingKey.Fault) -> String? {
        do throws(SealingKey.Fault) {
            let phc = try keys.sealingKey(.superPIN).open(
                bytes, boundTo: Self.binding(owner, practice))
            return String(decoding: phc, as: UTF8.self)
        } catch .keyUnknown {
            return nil
        }
    }

    private static func binding(_ owner: SuperPINHasher.Owner, _ practice: UUID) -> [UInt8] {
        FieldSequence.encode(
            ["super-pin", owner.kind.rawValue, practice.uuidString, owner.id.uuidString]
                .map { Array($0.utf8) })
    }
}

extension SuperPINHasher {
    /// A hash, sealed by the current key for the practice's row; throws what ``hash(_:of:turn:)``
    /// throws.
    func sealed(
        _ pin: SuperPIN, of owner: Owner, practice: UUID, turn: Turn
    ) async throws -> SealedSuperPIN {
        SealedSuperPIN(
            try await hash(pin, of: owner, turn: turn), of: owner, practice: practice, keys: keys)
    }

    /// Whether it is the super-PIN of the practice's row; throws what
    /// ``verify(_:of:against:turn:)`` throws, and `SealingKey.Fault` where the row was tampered with.
    ///
    /// - Parameter sealed: nil where there is no row, which takes as long as a wrong one.
    func verify(
        _ pin: SuperPIN, of owner: Owner, practice: UUID, against sealed: SealedSuperPIN?,
        turn: Turn
    ) async throws -> Bool {
        let hash = try sealed?.open(of: owner, practice: practice, keys: keys)
        return try await verify(pin, of: owner, against: hash, turn: turn)
    }
}
