import CIDN2

/// A domain name in the form that mail servers and phones compare: ASCII, small letters, each label
/// beyond ASCII as its A-label (RFC 5890, mapped as UTS 46 says).
struct DomainName: Hashable, Sendable {
    /// RFC 1035 section 2.3.4.
    static let longest = 253
    static let longestLabel = 63

    /// `xn--bl-lka.no` for `Bøl.no`.
    let ascii: String

    /// Nil where the text is no name of letters, digits and hyphens.
    init?(_ text: some StringProtocol) {
        let text = String(text)
        guard !text.isEmpty, text.utf8.count <= 4 * Self.longest, !text.utf8.contains(0),
            let ascii = Self.isPlain(text) ? text.lowercased() : Self.converted(text),
            ascii.utf8.count <= Self.longest,
            ascii.split(separator: ".", omittingEmptySubsequences: false).allSatisfy(Self.isLabel)
        else { return nil }
        self.ascii = ascii
    }

    /// As people write it, `bøl.no`: one form for all spellings, in small letters.
    var unicode: String {
        guard ascii.contains("xn--") else { return ascii }
        let size = 4 * Self.longest + 1
        let written = withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) {
            buffer -> String? in
            guard let start = buffer.baseAddress,
                shim_domain_to_unicode(ascii, start, buffer.count) != 0
            else { return nil }
            return String(cString: start)
        }
        return written ?? ascii
    }

    /// Whether nothing needs the library: ASCII without a label that claims to be an A-label.
    private static func isPlain(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 < 0x80 } && !text.lowercased().contains("xn--")
    }

    private static func converted(_ text: String) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: longest + 1) { buffer in
            guard let start = buffer.baseAddress,
                shim_domain_to_ascii(text, start, buffer.count) != 0
            else { return nil }
            return String(cString: start)
        }
    }

    private static func isLabel(_ label: Substring) -> Bool {
        (1...longestLabel).contains(label.utf8.count)
            && !label.hasPrefix("-") && !label.hasSuffix("-")
            && label.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
