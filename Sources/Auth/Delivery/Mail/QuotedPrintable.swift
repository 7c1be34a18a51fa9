/// Quoted-printable (RFC 2045 section 6.7): text that stays legible and passes every mail server.
enum QuotedPrintable {
    /// Characters of an encoded line, its soft line break included.
    static let lineLimit = 76

    /// The text's UTF-8 with CRLF line ends, no line longer than `lineLimit`.
    static func encode(_ text: String) -> String {
        let lines = text.replacing("\r\n", with: "\n")
            .split(separator: "\n", omittingEmptySubsequences: false)
        return lines.map(encodeLine).joined(separator: "\r\n")
    }

    /// `=E6` for 0xE6.
    static func escape(_ byte: UInt8) -> String {
        let digits = Array("0123456789ABCDEF")
        return "=\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
    }

    private static func encodeLine(_ line: Substring) -> String {
        var encoded = ""
        var width = 0
        let bytes = Array(line.utf8)
        for (index, byte) in bytes.enumerated() {
            let isLast = index == bytes.count - 1
            let spelled = spelling(of: byte, endsLine: isLast)
            // One place stays free for the "=" of a soft break, unless the line ends here.
            if width + spelled.utf8.count > (isLast ? lineLimit : lineLimit - 1) {
                encoded += "=\r\n"
                width = 0
            }
            encoded += spelled
            width += spelled.utf8.count
        }
        return encoded
    }

    private static func spelling(of byte: UInt8, endsLine: Bool) -> String {
        switch byte {
        case UInt8(ascii: "="): escape(byte)
        case 0x21...0x7E: String(UnicodeScalar(byte))
        // Mail servers strip blanks at the end of a line.
        case 0x20, 0x09: endsLine ? escape(byte) : String(UnicodeScalar(byte))
        default: escape(byte)
        }
    }
}
