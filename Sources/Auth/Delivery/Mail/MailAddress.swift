/// A mailbox address in the plain form that every mail server takes (RFC 5321 section 4.1.2).
///
/// Quoted local parts, address literals, comments and characters beyond ASCII are refused: they are
/// next to unknown among patients, and each has been a way to smuggle syntax into a mail.
struct MailAddress: Equatable, Sendable {
    /// RFC 5321 section 4.5.3.1: 64 and 255 octets; a path of 256 with its brackets leaves 254.
    static let localPartLimit = 64
    static let addressLimit = 254
    static let labelLimit = 63

    let text: String
    let domain: String

    /// Nil where the text is no such address.
    init?(_ text: String) {
        guard text.utf8.count <= Self.addressLimit,
            let at = text.lastIndex(of: "@"),
            Self.isLocalPart(text[..<at]),
            Self.isDomain(text[text.index(after: at)...])
        else { return nil }
        self.text = text
        self.domain = String(text[text.index(after: at)...])
    }

    /// A dot-atom of RFC 5322 section 3.2.3.
    private static func isLocalPart(_ part: Substring) -> Bool {
        let symbols = Set("!#$%&'*+-/=?^_`{|}~".unicodeScalars)
        return part.utf8.count <= localPartLimit
            && part.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { atom in
                !atom.isEmpty
                    && atom.unicodeScalars.allSatisfy {
                        isLetterOrDigit($0) || symbols.contains($0)
                    }
            }
    }

    private static func isDomain(_ part: Substring) -> Bool {
        part.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            !label.isEmpty && label.utf8.count <= labelLimit
                && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.unicodeScalars.allSatisfy { isLetterOrDigit($0) || $0 == "-" }
        }
    }

    private static func isLetterOrDigit(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9": true
        default: false
        }
    }
}
