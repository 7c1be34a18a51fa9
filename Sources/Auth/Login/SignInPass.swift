import Cryptography
import Foundation

/// What lets an account's owner try once from an unknown network while strangers keep all of those
/// refused: 192 random bits, mailed as a link and kept as a hash (Z-20).
struct SignInPass: Sendable {
    let text: Secret<String>

    /// Guesses at the password that one pass allows; a mistyped one does not burn it.
    static let guesses = 5
    /// Characters of what a caller may hand in as a pass.
    static let longest = 100
    private static let bytes = 24

    static func random() -> SignInPass {
        SignInPass(text: Secret(Base64URL.encode(SecureRandom.bytes(bytes))))
    }

    /// What the database keeps of a pass, whoever made it up.
    static func hash(_ text: Secret<String>) -> [UInt8] {
        SHA256.hash(Array(text.expose().utf8))
    }

    /// The page of the portal that signs in with it. The pass is behind the `#`, which browsers keep
    /// from servers and their logs.
    func link(portal origin: String) -> String {
        Self.link(text: text.expose(), portal: origin)
    }

    static func link(text: String, portal origin: String) -> String {
        "\(origin)/sign-in#pass=\(text)"
    }
}
