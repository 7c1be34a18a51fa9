import CLibSSL
import Foundation

/// A key ring's JSON text, read and judged.
struct RingText {
    /// A key under its id.
    struct Entry {
        let id: String
        let key: KeyMaterial
    }

    let current: Entry
    let older: [Entry]

    private struct Form: Decodable {
        let current: String
        let keys: [String: String]
    }

    init(parsing text: String) throws(KeyRingError) {
        guard let form = try? JSONDecoder().decode(Form.self, from: Data(text.utf8)) else {
            throw .malformed
        }
        var entries: [Entry] = []
        for (id, encoded) in form.keys.sorted(by: { $0.key > $1.key }) {
            let entry = try Self.entry(id: id, encoded: encoded)
            if let same = entries.first(where: { $0.key.isSame(as: entry.key) }) {
                throw .keyRepeated(id: same.id, other: id)
            }
            entries.append(entry)
        }
        guard let current = entries.first(where: { $0.id == form.current }) else {
            throw .currentUnknown
        }
        // The decoder passes over members it does not know and keeps one of two alike. Here either
        // is a mistake that would show when the lost key is needed. By now no id and no key holds a
        // colon, so each stands behind a member's name.
        guard text.utf8.count(where: { $0 == UInt8(ascii: ":") }) == 2 + form.keys.count else {
            throw .memberUnexpected
        }
        self.current = current
        older = entries.filter { $0.id != current.id }
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
