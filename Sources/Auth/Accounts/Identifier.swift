import Cryptography
import Foundation

/// What a person types to say who they are: an e-mail address or a username.
struct Identifier: Sendable, Equatable {
    enum Kind: String, Sendable {
        case email, username
    }

    static let longest = EmailAddress.longest

    let kind: Kind
    /// As it is compared: without what pasting adds, in one Unicode form and in small letters; an
    /// address as ``EmailAddress`` compares it.
    let normalized: String

    init(typed text: String) {
        normalized = Self.normalized(text)
        kind = normalized.contains("@") ? .email : .username
    }

    /// The practice is part of it: the same name elsewhere is another one.
    func index(practice: UUID, key: MACKey) -> [UInt8] {
        key.authenticate(fields: [practice.uuidString, normalized])
    }

    static func normalized(_ text: String) -> String {
        let visible = String(
            String.UnicodeScalarView(
                text.unicodeScalars.filter {
                    !$0.properties.isDefaultIgnorableCodePoint && !$0.properties.isWhitespace
                }))
        return EmailAddress(visible)?.normalized
            ?? visible.lowercased().precomposedStringWithCanonicalMapping
    }

    /// Three to sixty-four letters, digits and `. _ -`, at least one of them a letter, so that a
    /// username is never taken for a customer number or an address.
    static func isUsername(_ text: String) -> Bool {
        (3...64).contains(text.unicodeScalars.count)
            && text.unicodeScalars.contains(where: \.properties.isAlphabetic)
            && text.unicodeScalars.allSatisfy {
                $0.properties.isAlphabetic || $0.properties.numericType == .decimal
                    || "._-".unicodeScalars.contains($0)
            }
    }
}
