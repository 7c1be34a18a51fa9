import Cryptography
import Foundation

/// Signs and checks webhooks as Standard Webhooks 1.0 prescribes, with its symmetric scheme `v1`.
struct StandardWebhook: Sendable {
    /// How far a timestamp may be off, in seconds: older ones could be replays.
    static let tolerance = 300.0
    /// Bytes that a secret may have.
    static let keyCounts = 24...64

    private let key: Secret<[UInt8]>

    /// - Parameter secret: `whsec_` and base64.
    init?(_ secret: Secret<String>) {
        let text = secret.expose()
        guard text.hasPrefix("whsec_"),
            let bytes = Data(base64Encoded: String(text.dropFirst("whsec_".count))),
            Self.keyCounts.contains(bytes.count)
        else { return nil }
        key = Secret([UInt8](bytes))
    }

    /// The three headers of a webhook; the id is the same at every try.
    func headers(
        id: String, sentAt: Date, body: [UInt8]
    ) -> [OutboundRequest.Header] {
        let timestamp = String(Int(sentAt.timeIntervalSince1970))
        let tag = Data(HMAC.authenticate(Self.content(id, timestamp, body), key: key))
        return [
            .init(name: "webhook-id", value: id),
            .init(name: "webhook-timestamp", value: timestamp),
            .init(name: "webhook-signature", value: "v1,\(tag.base64EncodedString())"),
        ]
    }

    /// Whether one of the signatures (several stand there while a secret is rotated) is right and
    /// the timestamp recent.
    func isValid(
        id: String, timestamp: String, signatures: String, body: [UInt8], now: Date
    ) -> Bool {
        guard let seconds = Int(timestamp), !id.isEmpty,
            abs(now.timeIntervalSince1970 - Double(seconds)) <= Self.tolerance
        else { return false }
        let message = Self.content(id, timestamp, body)
        return signatures.split(separator: " ").contains { signature in
            guard signature.hasPrefix("v1,"),
                let tag = Data(base64Encoded: String(signature.dropFirst(3)))
            else { return false }
            return HMAC.isValid([UInt8](tag), for: message, key: key)
        }
    }

    private static func content(_ id: String, _ timestamp: String, _ body: [UInt8]) -> [UInt8] {
        Array("\(id).\(timestamp).".utf8) + body
    }
}
