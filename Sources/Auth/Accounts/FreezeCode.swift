import Cryptography
import Foundation

/// What lets the owner of an account stop it who reads of a change that was not theirs: 192 random bits,
/// mailed as a link and kept as a hash. It works once, for 30 days (Z-32).
struct FreezeCode: Sendable {
    let text: Secret<String>

    static let days = 30
    /// Characters of what a caller may hand in as one.
    static let longest = 100
    private static let bytes = 24

    static func random() -> FreezeCode {
        FreezeCode(text: Secret(Base64URL.encode(SecureRandom.bytes(bytes))))
    }

    /// What the database keeps of one, whoever made it up.
    static func hash(_ text: Secret<String>) -> [UInt8] {
        SHA256.hash(Array(text.expose().utf8))
    }

    var hash: [UInt8] { Self.hash(text) }

    /// The page of the portal that freezes the account. The code is behind the `#`, which browsers keep
    /// from servers and their logs.
    func link(portal origin: String) -> String {
        "\(origin)/not-me#code=\(text.expose())"
    }
}
