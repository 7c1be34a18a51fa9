import Foundation

/// A mail address as a person typed it, with the one form in which addresses are compared and the
/// one in which they go to a mail server (RFC 5321 section 4.1.2, H11).
///
/// Plus tags and dots belong to the address: only its owner's mail server knows what they mean.
/// Quoted local parts, address literals, comments and local parts beyond ASCII are refused: they are
/// next to unknown among patients, few mail servers take them, and each has been a way to smuggle
/// syntax into a mail.
struct EmailAddress: Hashable, Sendable {
    /// RFC 5321 section 4.5.3.1: 64 octets; a path of 256 with its brackets leaves 254.
    static let longestLocalPart = 64
    static let longest = 254

    /// As it was typed, without the blanks and invisible marks that pasting adds at its ends.
    let typed: String
    let domain: DomainName
    private let localPart: String

    /// Nil where the text is no such address; a domain has at least two labels.
    init?(_ text: String) {
        let typed = Self.withoutEnds(text)
        guard let at = typed.lastIndex(of: "@"), Self.isLocalPart(typed[..<at]),
            let domain = DomainName(typed[typed.index(after: at)...]), domain.ascii.contains("."),
            typed[..<at].utf8.count + 1 + domain.ascii.utf8.count <= Self.longest
        else { return nil }
        self.typed = typed
        self.domain = domain
        localPart = String(typed[..<at])
    }

    /// How addresses are compared, indexed and counted: small letters, the domain in ASCII.
    var normalized: String { "\(localPart.lowercased())@\(domain.ascii)" }

    /// How it goes to a mail server, in the envelope and in the header: the local part's letters as
    /// typed, since only the server at its end may know that their case means nothing.
    var wire: String { "\(localPart)@\(domain.ascii)" }

    /// How a register keeps it, so that two that mean one mailbox are one in small letters to SQL, too: as it
    /// was typed, a domain beyond ASCII in its one form in Unicode.
    var registered: String {
        let isPlain = typed.utf8.allSatisfy { $0 < 0x80 } && !domain.ascii.contains("xn--")
        return isPlain ? typed : "\(localPart)@\(domain.unicode)"
    }

    static func == (one: EmailAddress, other: EmailAddress) -> Bool {
        one.normalized == other.normalized
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(normalized)
    }

    private static func withoutEnds(_ text: String) -> String {
        let scalars = text.unicodeScalars
        func isBlank(_ scalar: Unicode.Scalar) -> Bool {
            scalar.properties.isWhitespace || scalar.properties.isDefaultIgnorableCodePoint
        }
        guard let first = scalars.firstIndex(where: { !isBlank($0) }),
            let last = scalars.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(scalars[first...last])
    }

    /// A dot-atom of RFC 5322 section 3.2.3.
    private static func isLocalPart(_ part: Substring) -> Bool {
        part.utf8.count <= longestLocalPart
            && part.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { atom in
                !atom.isEmpty && atom.unicodeScalars.allSatisfy(isAtomCharacter)
            }
    }

    private static func isAtomCharacter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9": true
        default: "!#$%&'*+-/=?^_`{|}~".unicodeScalars.contains(scalar)
        }
    }
}

extension EmailAddress: CustomStringConvertible, CustomDebugStringConvertible {
    /// Never the address: what is logged by mistake says nothing.
    var description: String { "<address>" }
    var debugDescription: String { "<address>" }
}
