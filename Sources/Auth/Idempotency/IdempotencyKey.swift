import Cryptography
import Foundation

/// A caller's `Idempotency-Key` with what was asked under it, both as HMACs whose keys are not in
/// the database (Z-24).
///
/// Each by every key of the ring, the current one first: it writes, and all of them find.
struct IdempotencyKey: Sendable {
    let hashes: [[UInt8]]
    let fingerprints: [[UInt8]]

    /// - Parameters:
    ///   - patient: the account on whose behalf it is asked; nil where none is.
    ///   - body: the bytes as they came; two spellings of one request are two requests.
    init(
        _ key: String, client: UUID, method: String, path: String, patient: UUID? = nil,
        body: [UInt8], keys: KeyRing
    ) {
        let macs = keys.macKeys(.idempotency)
        hashes = macs.map { $0.authenticate(fields: [Array("key".utf8), Array(key.utf8)]) }
        fingerprints = macs.map {
            $0.authenticate(fields: [
                Array("request".utf8), Array(client.uuidString.utf8), Array(method.utf8),
                Array(path.utf8), patient?.bytes ?? [], body,
            ])
        }
    }
}
