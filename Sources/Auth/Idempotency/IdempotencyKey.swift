import Cryptography
import Foundation

/// A caller's `Idempotency-Key` with what was asked under it, both as HMACs whose key is not in
/// the database (Z-24).
struct IdempotencyKey: Sendable {
    let hash: [UInt8]
    let fingerprint: [UInt8]

    /// - Parameter body: the bytes as they came; two spellings of one request are two requests.
    init(_ key: String, client: UUID, method: String, path: String, body: [UInt8], mac: MACKey) {
        hash = mac.authenticate(fields: [Array("key".utf8), Array(key.utf8)])
        fingerprint = mac.authenticate(fields: [
            Array("request".utf8), Array(client.uuidString.utf8), Array(method.utf8),
            Array(path.utf8), body,
        ])
    }
}
