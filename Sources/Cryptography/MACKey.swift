import CLibSSL
import Synchronization

/// A key for HMAC-SHA-256 (RFC 2104), with the id it is stored under.
package struct MACKey: Sendable {
    /// The key's id in its ring; goes beside what the key made.
    package let id: String
    private let contexts: KeyedContexts

    init(id: String, key: KeyMaterial) {
        self.id = id
        contexts = KeyedContexts(key: key)
    }

    /// The tag of a message, 32 bytes.
    package func authenticate(_ message: [UInt8]) -> [UInt8] {
        contexts.authenticate(message)
    }

    /// The tag of several fields that cannot run into one another.
    package func authenticate(fields: [[UInt8]]) -> [UInt8] {
        authenticate(FieldSequence.encode(fields))
    }

    /// The tag of several texts (UTF-8) that cannot run into one another.
    package func authenticate(fields: [String]) -> [UInt8] {
        authenticate(fields: fields.map { Array($0.utf8) })
    }

    /// Whether the tag is this message's, compared in constant time.
    package func isValid(_ tag: [UInt8], for message: [UInt8]) -> Bool {
        ConstantTime.equal(tag, authenticate(message))
    }

    /// Whether the tag is these fields', compared in constant time.
    package func isValid(_ tag: [UInt8], forFields fields: [[UInt8]]) -> Bool {
        ConstantTime.equal(tag, authenticate(fields: fields))
    }
}

extension MACKey: CustomStringConvertible, CustomReflectable {
    package var description: String { "<MAC key \(id)>" }
    package var customMirror: Mirror { Mirror(self, children: ["id": id]) }
}

/// Keyed contexts, kept: keying one costs four times as much as a short MAC with it.
private final class KeyedContexts: Sendable {
    private struct Context: @unchecked Sendable {
        // Used by the one thread that took it out of `idle`.
        let pointer: OpaquePointer
    }

    // The first stays as the original of the others; it never computes.
    private let original: Context
    private let idle = Mutex<[Context]>([])

    init(key: KeyMaterial) {
        let keyed = key.withBytes { shim_hmac_sha256_new($0.baseAddress, $0.count) }
        original = Context(pointer: demand(keyed, "EVP_MAC_init"))
    }

    deinit {
        EVP_MAC_CTX_free(original.pointer)
        idle.withLock { contexts in
            for context in contexts { EVP_MAC_CTX_free(context.pointer) }
        }
    }

    func authenticate(_ message: [UInt8]) -> [UInt8] {
        let context = idle.withLock { $0.popLast() ?? duplicate() }
        defer { idle.withLock { $0.append(context) } }
        return [UInt8](unsafeUninitializedCapacity: SHA256.count) { tag, written in
            demand(EVP_MAC_init(context.pointer, nil, 0, nil) == 1, "EVP_MAC_init")
            demand(EVP_MAC_update(context.pointer, message, message.count) == 1, "EVP_MAC_update")
            let result = EVP_MAC_final(context.pointer, tag.baseAddress, &written, tag.count)
            demand(result == 1 && written == SHA256.count, "EVP_MAC_final")
        }
    }

    private func duplicate() -> Context {
        Context(pointer: demand(EVP_MAC_CTX_dup(original.pointer), "EVP_MAC_CTX_dup"))
    }
}
