import Cryptography
import Foundation

/// What a person types to say who they are: an e-mail address or a username.
struct Identifier: Sendable, Equatable {
    enum Kind: String, Sendable {
        case email, username
    }

    static let longest = 254

    let kind: Kind
    /// As it is compared: without what pasting adds, in one Unicode form and in small letters.
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
        let visible = text.unicodeScalars.filter {
            !$0.properties.isDefaultIgnorableCodePoint && !$0.properties.isWhitespace
        }
        return String(String.UnicodeScalarView(visible))
            .lowercased().precomposedStringWithCanonicalMapping
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

    /// One `@` with something on both sides and a dot in the domain; only delivery proves more.
    static func isEmail(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...64).contains(parts[0].utf8.count), text.utf8.count <= longest
        else { return false }
        let labels = parts[1].split(separator: ".", omittingEmptySubsequences: false)
        return labels.count >= 2
            && labels.allSatisfy { (1...63).contains($0.utf8.count) }
            && text.unicodeScalars.allSatisfy {
                !$0.properties.isWhitespace && !"\"(),:;<>[]\\".unicodeScalars.contains($0)
                    && $0.value > 0x20 && $0.value != 0x7F
            }
    }
}
