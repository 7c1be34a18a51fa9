import Foundation

/// The service's secret keys by id: one makes what is new, the others still read what is old.
///
/// Text form: `{"current":"k2","keys":{"k1":"<base64 of 32 to 64 bytes>","k2":"…"}}`.
package struct KeyRing: Sendable {
    /// Fewest and most bytes of a key.
    package static let keyCounts = 32...64

    /// The id of the key that makes what is new.
    package var currentID: String { current.id }
    /// All ids, the current one first.
    package var ids: [String] { keys.map(\.id) }

    private let current: RingKey
    private let older: [RingKey]
    private var keys: [RingKey] { [current] + older }

    /// Reads a ring; what is malformed, short or guessable is refused, by an error that never holds
    /// key material.
    package init(parsing text: String) throws(KeyRingError) {
        let ring = try RingText(parsing: text)
        current = RingKey(id: ring.current.id, key: ring.current.key)
        older = ring.older.map { RingKey(id: $0.id, key: $0.key) }
    }

    /// The key for new MACs of a purpose.
    package func macKey(_ purpose: KeyPurpose) -> MACKey {
        current.macKey(purpose)
    }

    /// All keys of a purpose, the current one first: one of them made the stored MAC.
    package func macKeys(_ purpose: KeyPurpose) -> [MACKey] {
        keys.map { $0.macKey(purpose) }
    }

    /// The key of a purpose under an id that was stored beside a MAC.
    package func macKey(_ purpose: KeyPurpose, id: String) -> MACKey? {
        keys.first { $0.id == id }?.macKey(purpose)
    }

    /// The key that seals and opens values of a purpose.
    package func sealingKey(_ purpose: KeyPurpose) -> SealingKey {
        SealingKey(
            id: current.id,
            current: current.sealingKey(purpose),
            older: Dictionary(uniqueKeysWithValues: older.map { ($0.id, $0.sealingKey(purpose)) }))
    }

    /// A new ring with one random key, as text.
    package static func generate(id: String = "k1") -> String {
        precondition(isKeyID(id))
        var bytes: [UInt8]
        repeat {
            bytes = SecureRandom.bytes(keyCounts.lowerBound)
        } while RingText.isGuessable(bytes)
        let key = Data(bytes).base64EncodedString()
        return #"{"current":"\#(id)","keys":{"\#(id)":"\#(key)"}}"#
    }

    /// Whether a text can be a key's id: 1 to 16 lower-case letters, digits, hyphens.
    ///
    /// Too short to be a key pasted in the wrong place, so an id may be printed.
    package static func isKeyID(_ text: String) -> Bool {
        (1...16).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}

extension KeyRing: CustomStringConvertible, CustomReflectable {
    package var description: String { "<key ring \(ids.joined(separator: ", "))>" }
    package var customMirror: Mirror { Mirror(self, children: ["ids": ids]) }
}

/// One key of the ring and everything derived from it, once for all.
private struct RingKey: Sendable {
    let id: String
    private let root: KeyMaterial
    private let macKeys: [KeyPurpose: MACKey]
    private let sealingKeys: [KeyPurpose: KeyMaterial]

    init(id: String, key: KeyMaterial) {
        self.id = id
        root = key
        let purposes = KeyPurpose.allCases
        macKeys = Dictionary(
            uniqueKeysWithValues: purposes.map { ($0, Self.macKey($0, id: id, root: key)) })
        sealingKeys = Dictionary(
            uniqueKeysWithValues: purposes.map { ($0, Self.derive("seal", $0, from: key)) })
    }

    func macKey(_ purpose: KeyPurpose) -> MACKey {
        macKeys[purpose] ?? Self.macKey(purpose, id: id, root: root)
    }

    func sealingKey(_ purpose: KeyPurpose) -> KeyMaterial {
        sealingKeys[purpose] ?? Self.derive("seal", purpose, from: root)
    }

    private static func macKey(_ purpose: KeyPurpose, id: String, root: KeyMaterial) -> MACKey {
        MACKey(id: id, key: derive("mac", purpose, from: root))
    }

    /// The label tells uses apart as well, so no key ever serves two algorithms.
    private static func derive(
        _ use: String, _ purpose: KeyPurpose, from root: KeyMaterial
    ) -> KeyMaterial {
        let info = Array("practice-auth \(use) \(purpose.rawValue)".utf8)
        return HKDF.derive(from: root, info: info, count: 32)
    }
}
