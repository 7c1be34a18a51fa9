import Cryptography
import Foundation

/// What a remembered device shows instead of a code: 256 random bits, shown once and kept as a hash. It
/// is worth nothing without the password, and nothing to another account or another calling system.
struct DeviceToken: Sendable {
    let text: Secret<String>

    static let days = 30
    /// Live ones of an account in a practice; one more takes the place of the one unused for longest.
    static let mostPerAccount = 10
    /// Characters of what a caller may hand in as one.
    static let longest = 100
    private static let prefix = "prd_"
    private static let bytes = 32

    static func random() -> DeviceToken {
        DeviceToken(text: Secret(prefix + Base64URL.encode(SecureRandom.bytes(bytes))))
    }

    /// What the database keeps of one, whoever made it up.
    static func hash(_ text: Secret<String>) -> [UInt8] {
        SHA256.hash(Array(text.expose().utf8))
    }

    var hash: [UInt8] { Self.hash(text) }
}
