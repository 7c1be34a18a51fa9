import Cryptography
import Foundation

/// One of ten codes on paper, for who has no phone at hand: eleven random symbols (55 bits) and a check
/// symbol, as `XXXX-XXXX-XXXX`, in the alphabet of super-PINs.
///
/// A text is one only where its check symbol says so, and else a code of six digits: "My code 482913"
/// has twelve symbols too.
struct RecoveryCode: Sendable {
    /// Twelve capitals and digits.
    let symbols: Secret<String>

    /// Codes of a set.
    static let setCount = 10
    static let symbolCount = 12
    static let groupSize = 4

    static func random() -> RecoveryCode {
        // A byte is a multiple of 32 values, so that the low bits are uniform.
        let values = SecureRandom.bytes(symbolCount - 1).map { $0 & 31 }
        return RecoveryCode(values + [GF32.check(of: values)])
    }

    /// Reads one as people type it: small letters, spaces and hyphens anywhere, O for 0, I and L for 1.
    init?(typed: String) {
        var values: [UInt8] = []
        for scalar in typed.precomposedStringWithCompatibilityMapping.unicodeScalars {
            if scalar.isSeparator { continue }
            guard let value = Crockford.value(of: scalar), values.count < Self.symbolCount else {
                return nil
            }
            values.append(value)
        }
        guard values.count == Self.symbolCount,
            GF32.check(of: values.dropLast()) == values.last
        else { return nil }
        self.init(values)
    }

    private init(_ values: [UInt8]) {
        symbols = Secret(
            String(decoding: values.map { Crockford.alphabet[Int($0)] }, as: UTF8.self))
    }

    /// As it is shown, in three groups.
    var printed: Secret<String> {
        let characters = Array(symbols.expose())
        let groups = stride(from: 0, to: characters.count, by: Self.groupSize).map {
            String(characters[$0..<$0 + Self.groupSize])
        }
        return Secret(groups.joined(separator: "-"))
    }

    /// What is kept of one: an HMAC bound to its account, so that a stolen table can't be searched.
    func hash(account: UUID, key: MACKey) -> [UInt8] {
        RecoveryCodeDigest(self, of: account).hash(key)
    }

    /// Under each key of the ring, since a set has no end.
    func hashes(account: UUID, keys: KeyRing) -> [[UInt8]] {
        keys.macKeys(.recoveryCode).map { hash(account: account, key: $0) }
    }
}

/// What the hash of a recovery code is made of, by which a next key's hash is made without the code.
struct RecoveryCodeDigest: Sendable {
    private let bytes: [UInt8]

    init(_ code: RecoveryCode, of account: UUID) {
        bytes = SHA256.hash(
            FieldSequence.encode(
                ["recovery-code", account.uuidString, code.symbols.expose()].map { Array($0.utf8) })
        )
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    func hash(_ key: MACKey) -> [UInt8] { key.authenticate(bytes) }

    /// Those of a set, sealed and bound to its account.
    static func seal(_ digests: [RecoveryCodeDigest], of account: UUID, keys: KeyRing) -> [UInt8] {
        keys.sealingKey(.recoveryCode).seal(digests.flatMap(\.bytes), boundTo: binding(account))
    }

    /// - Throws: `SealingKey.Fault` where the row was tampered with, or its key is gone.
    static func open(
        _ sealed: [UInt8], of account: UUID, keys: KeyRing
    ) throws(SealingKey.Fault) -> [RecoveryCodeDigest] {
        let bytes = try keys.sealingKey(.recoveryCode).open(sealed, boundTo: binding(account))
        return stride(from: 0, to: bytes.count, by: SHA256.count).map {
            RecoveryCodeDigest(bytes: Array(bytes[$0..<min($0 + SHA256.count, bytes.count)]))
        }
    }

    private static func binding(_ account: UUID) -> [UInt8] {
        FieldSequence.encode(["recovery_codes.digests", account.uuidString].map { Array($0.utf8) })
    }
}
