import Cryptography
import Foundation

/// The secret of a mailed link: 192 random bits, kept as a hash (Z-14; standards.md E1).
struct LinkToken: Sendable {
    let text: Secret<String>

    /// Characters of what a caller may hand in as a token.
    static let longest = 100
    private static let bytes = 24

    /// The page of the portal that a link opens.
    enum Page: String, Sendable {
        case invitation
        case emailConfirmation = "email-confirmation"
    }

    static func random() -> LinkToken {
        LinkToken(text: Secret(Base64URL.encode(SecureRandom.bytes(bytes))))
    }

    /// What the database keeps of a token, whoever made it up.
    static func hash(_ text: Secret<String>) -> [UInt8] {
        SHA256.hash(Array(text.expose().utf8))
    }

    /// The token is behind the `#`, which browsers keep from servers and their logs; the origin is the
    /// practice's configured one, never a host that a caller sent.
    func link(to page: Page, portal origin: String) -> String {
        Self.link(text: text.expose(), to: page, portal: origin)
    }

    static func link(text: String, to page: Page, portal origin: String) -> String {
        "\(origin)/\(page.rawValue)#token=\(text)"
    }
}
