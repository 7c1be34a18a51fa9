import CLibSSL

/// AES-256-GCM (SP 800-38D) under a ring's keys for one purpose: seals with the current one, opens
/// with the one the envelope names.
///
/// Envelope: version 1, length of the key id, key id, nonce (12 bytes), ciphertext, tag (16 bytes).
/// Nonces are random, so one key seals at most 2^32 values (SP 800-38D section 8.3): rotate before.
package struct SealingKey: Sendable {
    /// Why an envelope stays shut.
    package enum Fault: Error, Equatable {
        /// It is no envelope of ours.
        case malformed
        /// The ring no longer has its key.
        case keyUnknown(id: String)
        /// It was changed, or belongs to another row.
        case forged
    }

    static let version: UInt8 = 1
    static let nonceCount = 12
    static let tagCount = 16

    /// The id of the key that seals.
    package let id: String
    private let current: KeyMaterial
    private let older: [String: KeyMaterial]

    init(id: String, current: KeyMaterial, older: [String: KeyMaterial]) {
        self.id = id
        self.current = current
        self.older = older
    }

    /// Seals bytes so that they open only beside the same context: table, column, practice and row,
    /// as ``FieldSequence`` encodes them.
    package func seal(_ plaintext: [UInt8], boundTo context: [UInt8]) -> [UInt8] {
        let header = [Self.version, UInt8(id.utf8.count)] + id.utf8
        let nonce = SecureRandom.bytes(Self.nonceCount)
        let additional = FieldSequence.encode([header, context])
        return header + nonce
            + AESGCM.seal(plaintext, key: current, nonce: nonce, additional: additional)
    }

    /// The bytes that were sealed beside this context.
    package func open(
        _ envelope: [UInt8], boundTo context: [UInt8]
    ) throws(Fault) -> [UInt8] {
        let sealedBy = try Self.keyID(of: envelope)
        guard let key = sealedBy == id ? current : older[sealedBy] else {
            throw .keyUnknown(id: sealedBy)
        }
        let header = envelope.prefix(2 + sealedBy.utf8.count)
        let nonce = envelope[header.endIndex...].prefix(Self.nonceCount)
        let additional = FieldSequence.encode([Array(header), context])
        guard
            let plaintext = AESGCM.open(
                Array(envelope[nonce.endIndex...]), key: key, nonce: Array(nonce),
                additional: additional)
        else { throw .forged }
        return plaintext
    }

    /// The id of the key that sealed an envelope: what a rekey job looks for.
    package static func keyID(of envelope: [UInt8]) throws(Fault) -> String {
        guard envelope.count >= 2, envelope[0] == version else { throw .malformed }
        let header = 2 + Int(envelope[1])
        guard envelope.count >= header + nonceCount + tagCount else { throw .malformed }
        let id = String(decoding: envelope[2..<header], as: UTF8.self)
        guard KeyRing.isKeyID(id) else { throw .malformed }
        return id
    }
}

extension SealingKey: CustomStringConvertible, CustomReflectable {
    package var description: String { "<sealing key \(id)>" }
    package var customMirror: Mirror { Mirror(self, children: ["id": id]) }
}
