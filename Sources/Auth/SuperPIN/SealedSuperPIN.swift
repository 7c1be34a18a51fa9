import Cryptography
import Foundation

/// A super-PIN's hash as a table keeps it: sealed, and bound to its practice and to whose it is, so
/// that a row says nothing and opens nowhere else (AC-8, S2).
struct SealedSuperPIN: Sendable, Equatable {
    let bytes: [UInt8]

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    init(
        _ hash: SuperPINHash, of owner: SuperPINHasher.Owner, practice: UUID, keys: KeyRing
    ) {
        // No key's id has a dollar sign, with which every PHC string begins.
        bytes = keys.sealingKey(.superPIN).seal(
            Array((hash.keyID + hash.phc).utf8), boundTo: Self.binding(owner, practice))
    }

    /// The hash; nil where its key is revoked.
    ///
    /// - Throws: `SealingKey.Fault` where the row was tampered with.
    func open(
        of owner: SuperPINHasher.Owner, practice: UUID, keys: KeyRing
    ) throws(SealingKey.Fault) -> SuperPINHash? {
        let opened: [UInt8]
        do throws(SealingKey.Fault) {
            opened = try keys.sealingKey(.superPIN).open(
                bytes, boundTo: Self.binding(owner, practice))
        } catch .keyUnknown {
            return nil
        }
        let text = String(decoding: opened, as: UTF8.self)
        guard let start = text.firstIndex(of: "$") else { throw .malformed }
        return SuperPINHash(keyID: String(text[..<start]), phc: String(text[start...]))
    }

    private static func binding(_ owner: SuperPINHasher.Owner, _ practice: UUID) -> [UInt8] {
        FieldSequence.encode(
            ["super-pin", owner.kind.rawValue, practice.uuidString, owner.id.uuidString]
                .map { Array($0.utf8) })
    }
}

extension SuperPINHasher {
    /// A hash by the current key, sealed for the practice's row; throws what ``hash(_:of:turn:)``
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
