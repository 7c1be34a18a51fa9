import CLibSSL
import Foundation

/// A key ring's JSON text, read and judged.
struct RingText {
    /// A key under its id.
    struct Entry {
        let id: String
        let key: KeyMaterial
    }

    /// In one order; never none.
    let entries: [Entry]
    let currentID: String
    /// Which key is current from when on, in place of ``currentID``.
    let next: (id: String, from: Date)?
    /// Of keys that have left the ring, what verifies the audit that they sealed.
    let auditKeys: [Entry]
    /// As it stands in the text.
    private(set) var form: Form

    struct Form: Codable {
        var current: String
        var keys: [String: String]
        var next: String?
        var from: String?
        var audit: [String: String]?
    }

    init(parsing text: String) throws(KeyRingError) {
        guard let form = try? JSONDecoder().decode(Form.self, from: Data(text.utf8)) else {
            throw .malformed
        }
        entries = try Self.entries(form.keys)
        auditKeys = try Self.entries(form.audit ?? [:])
        next = try Self.next(form)
        for id in [form.current, next?.id].compactMap({ $0 })
        where !entries.contains(where: { $0.id == id }) {
            throw .currentUnknown
        }
        if let id = auditKeys.first(where: { form.keys[$0.id] != nil })?.id {
            throw .keyRepeated(id: id, other: id)
        }
        // The decoder passes over members it does not know and keeps one of two alike. Here either
        // is a mistake that would show when the lost key is needed. By now no id and no key holds a
        // colon, so each stands behind a member's name, or in the instant.
        let members =
            2 + form.keys.count + (form.next == nil ? 0 : 4)
            + (form.audit.map { 1 + $0.count } ?? 0)
        guard text.utf8.count(where: { $0 == UInt8(ascii: ":") }) == members else {
            throw .memberUnexpected
        }
        currentID = form.current
        self.form = form
    }

    /// The id of the key that makes what is new.
    func currentID(at instant: Date) -> String {
        next.map { $0.from <= instant ? $0.id : currentID } ?? currentID
    }

    private static func entries(_ keys: [String: String]) throws(KeyRingError) -> [Entry] {
        var entries: [Entry] = []
        for (id, encoded) in keys.sorted(by: { $0.key > $1.key }) {
            let entry = try Self.entry(id: id, encoded: encoded)
            if let same = entries.first(where: { $0.key.isSame(as: entry.key) }) {
                throw .keyRepeated(id: same.id, other: id)
            }
            entries.append(entry)
        }
        return entries
    }

    private static func next(_ form: Form) throws(KeyRingError) -> (id: String, from: Date)? {
        guard form.next != nil || form.from != nil else { return nil }
        guard let id = form.next, id != form.current, let text = form.from,
            let instant = try? Date(text, strategy: .iso8601), instant.formatted(.iso8601) == text
        else { throw .nextInvalid }
        return (id, instant)
    }

    private static func entry(id: String, encoded: String) throws(KeyRingError) -> Entry {
        guard KeyRing.isKeyID(id) else { throw .keyIDInvalid }
        guard var bytes = Data(base64Encoded: encoded), bytes.base64EncodedString() == encoded
        else { throw .keyNotBase64(id: id) }
        defer { bytes.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) } }
        guard KeyRing.keyCounts.contains(bytes.count) else {
            throw .keyLength(id: id, count: bytes.count)
        }
        guard !isGuessable(bytes) else { throw .keyGuessable(id: id) }
        return Entry(id: id, key: KeyMaterial(count: bytes.count) { _ = bytes.copyBytes(to: $0) })
    }

    /// A new key, in base64.
    static func randomKey() -> String {
        var bytes: [UInt8]
        repeat {
            bytes = SecureRandom.bytes(KeyRing.keyCounts.lowerBound)
        } while isGuessable(bytes)
        return Data(bytes).base64EncodedString()
    }

    /// Whether a key shows that nobody drew it at random. Of random keys of 32 bytes, fewer than one
    /// in a hundred million is taken for such.
    static func isGuessable(_ key: some Collection<UInt8>) -> Bool {
        // Fillers, short blocks over and over, and (by the steps between bytes) counting.
        let steps = zip(key, key.dropFirst()).map { $1 &- $0 }
        // Passwords, placeholders, and keys encoded twice. Random bytes print in 3 of 8 cases.
        let printable = key.count { (0x20...0x7E).contains($0) }
        return Set(key).count <= 16 || Set(steps).count <= 16 || printable * 8 >= key.count * 7
    }
}
