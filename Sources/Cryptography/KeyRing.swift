import Foundation
import Synchronization

/// The service's secret keys by id: one makes what is new, the others still read what is old.
///
/// One ring is shared by everything that uses keys, so that ``replace(with:)`` reaches all of it. Text
/// form, with the last two members where a key has a successor: `{"current":"k1","keys":{"k1":"<base64
/// of 32 to 64 bytes>","k2":"…"},"next":"k2","from":"2026-11-22T21:00:00Z"}`. From that instant on
/// `next` is current, on every instance that has the text. A member `audit` has what verifies the audit of
/// keys that have left.
package final class KeyRing: Sendable {
    /// Fewest and most bytes of a key.
    package static let keyCounts = 32...64

    private let content: Mutex<Content>
    private let now: @Sendable () -> Date

    /// Reads a ring; what is malformed, short or guessable is refused, by an error that never holds
    /// key material.
    ///
    /// - Parameter now: says which key is current.
    package convenience init(
        parsing text: String, now: @escaping @Sendable () -> Date = { Date() }
    ) throws(KeyRingError) {
        self.init(Content(try RingText(parsing: text)), now: now)
    }

    private init(_ content: Content, now: @escaping @Sendable () -> Date) {
        self.content = Mutex(content)
        self.now = now
    }

    /// Takes over another text of this ring: what is new from here on is made by its keys.
    ///
    /// Refused, besides what the initializer refuses, is a text that lacks the current key or has another
    /// one under its id: that is some other ring, and nothing could be read with it.
    package func replace(with text: String) throws(KeyRingError) {
        let replacement = Content(try RingText(parsing: text))
        let current = keys[0]
        guard let kept = replacement.keys.first(where: { $0.id == current.id }),
            kept.isSame(as: current)
        else { throw .keyMissing(id: current.id) }
        content.withLock { $0 = replacement }
    }

    /// The ring as it is now, for work whose parts must agree on the keys; it never changes.
    package var snapshot: KeyRing {
        let instant = now()
        return KeyRing(content.withLock { $0 }, now: { instant })
    }

    /// The id of the key that makes what is new.
    package var currentID: String { keys[0].id }
    /// All ids, the current one first, and the next one behind it until its time has come.
    package var ids: [String] { keys.map(\.id) }
    /// Those of the keys by which something that must be unique is indexed, the first of ``ids``: the
    /// next key is among them before its time. Two instances of which one is past the turn and the other
    /// is not yet so have a key in common, under which the second value meets the first.
    package var indexIDs: [String] { indexKeys.map(\.id) }
    /// Ids of the keys that make nothing any more.
    package var formerIDs: [String] {
        let (content, instant) = (content.withLock { $0 }, now())
        return content.keys(at: { instant }).dropFirst(content.indexCount(at: { instant })).map(
            \.id)
    }

    /// The key for new MACs of a purpose.
    package func macKey(_ purpose: KeyPurpose) -> MACKey {
        keys[0].macKey(purpose)
    }

    /// All keys of a purpose, the current one first: one of them made the stored MAC.
    package func macKeys(_ purpose: KeyPurpose) -> [MACKey] {
        keys.map { $0.macKey(purpose) }
    }

    /// The key of a purpose under an id that was stored beside a MAC; of the audit's also one that has
    /// left the ring, since seals are verified for years.
    package func macKey(_ purpose: KeyPurpose, id: String) -> MACKey? {
        content.withLock { content in
            content.keys.first { $0.id == id }?.macKey(purpose)
                ?? (purpose == .audit ? content.auditKeys[id] : nil)
        }
    }

    /// The key that seals and opens values of a purpose.
    package func sealingKey(_ purpose: KeyPurpose) -> SealingKey {
        let keys = keys
        return SealingKey(
            id: keys[0].id,
            current: keys[0].sealingKey(purpose),
            older: Dictionary(
                uniqueKeysWithValues: keys.dropFirst().map { ($0.id, $0.sealingKey(purpose)) }))
    }

    private var keys: [RingKey] { content.withLock { $0 }.keys(at: now) }

    private var indexKeys: ArraySlice<RingKey> {
        let (content, instant) = (content.withLock { $0 }, now())
        return content.keys(at: { instant }).prefix(content.indexCount(at: { instant }))
    }

    /// What a ring's text says.
    private struct Content: Sendable {
        /// The current key first, and the next one behind it.
        let keys: [RingKey]
        /// The same from its instant on, when the next key has become the current one.
        let next: (keys: [RingKey], from: Date)?
        let auditKeys: [String: MACKey]

        init(_ ring: RingText) {
            let keys = ring.entries.map { RingKey(id: $0.id, key: $0.key) }
            func ordered(_ first: String, _ second: String?) -> [RingKey] {
                keys.filter { $0.id == first } + keys.filter { $0.id == second }
                    + keys.filter { $0.id != first && $0.id != second }
            }
            self.keys = ordered(ring.currentID, ring.next?.id)
            next = ring.next.map { (ordered($0.id, nil), $0.from) }
            auditKeys = Dictionary(
                uniqueKeysWithValues: ring.auditKeys.map { ($0.id, MACKey(id: $0.id, key: $0.key)) }
            )
        }

        func keys(at instant: () -> Date) -> [RingKey] {
            guard let next, next.from <= instant() else { return keys }
            return next.keys
        }

        /// How many of them index.
        func indexCount(at instant: () -> Date) -> Int {
            guard let next, next.from > instant() else { return 1 }
            return 2
        }
    }
}

extension KeyRing {
    /// A new ring with one random key, as text.
    package static func generate(id: String = "k1") -> String {
        precondition(isKeyID(id))
        return #"{"current":"\#(id)","keys":{"\#(id)":"\#(RingText.randomKey())"}}"#
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
            uniqueKeysWithValues: purposes.map { ($0, key.sealingKey($0)) })
    }

    func isSame(as other: RingKey) -> Bool { root.isSame(as: other.root) }

    func macKey(_ purpose: KeyPurpose) -> MACKey {
        macKeys[purpose] ?? Self.macKey(purpose, id: id, root: root)
    }

    func sealingKey(_ purpose: KeyPurpose) -> KeyMaterial {
        sealingKeys[purpose] ?? root.sealingKey(purpose)
    }

    private static func macKey(_ purpose: KeyPurpose, id: String, root: KeyMaterial) -> MACKey {
        MACKey(id: id, key: root.macKey(purpose))
    }
}

extension KeyMaterial {
    func macKey(_ purpose: KeyPurpose) -> KeyMaterial { derive("mac", purpose) }

    fileprivate func sealingKey(_ purpose: KeyPurpose) -> KeyMaterial { derive("seal", purpose) }

    /// The label tells uses apart as well, so no key ever serves two algorithms.
    private func derive(_ use: String, _ purpose: KeyPurpose) -> KeyMaterial {
        let info = Array("practice-auth \(use) \(purpose.rawValue)".utf8)
        return HKDF.derive(from: self, info: info, count: 32)
    }
}
