import Cryptography
import Foundation

/// A caller's secret: a public part, 256 random bits and a checksum, so that a scanner recognises a
/// key that leaked and a typing error is refused without asking the database (X1).
package struct APIKey: Sendable {
    let text: Secret<String>

    private static let prefix = "pak_"
    private static let secretBytes = 32
    private static let checksumDigits = 8

    /// - Parameter id: the key's id; its last digits are the public part.
    static func random(id: UUID) -> APIKey {
        let secret = Base64URL.encode(SecureRandom.bytes(secretBytes))
        let body = prefix + id.text.suffix(12) + "_" + secret
        return APIKey(text: Secret(body + checksum(body)))
    }

    private init(text: Secret<String>) {
        self.text = text
    }

    init?(_ text: String) {
        guard
            text.hasPrefix(Self.prefix), text.utf8.count > Self.checksumDigits,
            text.suffix(Self.checksumDigits) == Self.checksum(text.dropLast(Self.checksumDigits))
        else { return nil }
        self.text = Secret(text)
    }

    /// What the database keeps.
    var hash: [UInt8] { SHA256.hash(Array(text.expose().utf8)) }

    private static func checksum(_ text: some StringProtocol) -> String {
        SHA256.hash(Array(text.utf8)).prefix(checksumDigits / 2).hexadecimal
    }
}
