import Cryptography
import Foundation
import Postgres

/// What an account is found by at sign-in, as its table keeps it: an HMAC to look it up by, and the text
/// itself, sealed, from which a next key's HMAC is made.
struct SealedIdentifier: Sendable {
    /// By every key of the ring: what is taken may have been written by any. Those that write come first.
    let indexes: [[UInt8]]
    /// Ids of the keys that write; two while the ring has a next key, so that instances on both sides of
    /// the turn refuse each other's names.
    let keyIDs: [String]
    /// Bound to practice and account.
    let value: [UInt8]

    init(_ identifier: Identifier, of account: UUID, practice: UUID, keys: KeyRing) {
        let keys = keys.snapshot
        indexes = keys.macKeys(.identifier).map { identifier.index(practice: practice, key: $0) }
        keyIDs = keys.indexIDs
        value = keys.sealingKey(.identifier).seal(
            Array(identifier.normalized.utf8), boundTo: Self.binding(account, practice))
    }

    /// The same identifier by the ring as it is now.
    ///
    /// - Throws: `SealingKey.Fault` where the row was tampered with.
    init(resealing value: [UInt8], of account: UUID, practice: UUID, keys: KeyRing) throws {
        self.init(
            Identifier(
                typed: try Self.opened(value, of: account, practice: practice, keys: keys)),
            of: account, practice: practice, keys: keys)
    }

    /// The identifier itself, as it is compared.
    ///
    /// - Throws: `SealingKey.Fault` where the row was tampered with.
    static func opened(
        _ value: [UInt8], of account: UUID, practice: UUID, keys: KeyRing
    ) throws -> String {
        let text = try keys.sealingKey(.identifier).open(
            value, boundTo: binding(account, practice))
        return String(decoding: text, as: UTF8.self)
    }

    private static func binding(_ account: UUID, _ practice: UUID) -> [UInt8] {
        FieldSequence.encode(
            ["identifier.value", practice.uuidString, account.uuidString].map { Array($0.utf8) })
    }

    /// Three: `indexes`, `keyIDs`, `value`.
    static func parameters(_ identifier: SealedIdentifier?) -> [Parameter] {
        guard let identifier else { return [.null, .null, .null] }
        return [
            .byteArrays(identifier.indexes), .texts(identifier.keyIDs), .bytes(identifier.value),
        ]
    }

    /// SQL of the rows that are written, with `kind`, `value_index`, `key_id` and `value`; none where the
    /// parameters are null.
    static func rows(kind: String, indexes: String, keyIDs: String, value: String) -> String {
        """
        select '\(kind)' as kind, written.value_index, written.key_id, \(value)::bytea as value
                from unnest(\(indexes)::bytea[], \(keyIDs)::text[]) as written (value_index, key_id)
                where written.key_id is not null
        """
    }
}
