/// Text as a mail header may carry it: ASCII, folded, and never able to begin another header.
enum HeaderText {
    /// RFC 5322 section 2.1.1: lines should stay below 78 characters, without the CRLF.
    static let lineLimit = 78
    /// RFC 2047 section 2: one encoded word, with its delimiters.
    static let encodedWordLimit = 75
    /// Longer text is refused rather than folded for ever.
    static let textLimit = 998

    /// A subject: as it is where it is short ASCII, else in encoded words (RFC 2047).
    static func subject(_ text: String) throws(MailFault) -> String {
        try check(text)
        // What could be read as an encoded word although it is none is encoded too.
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        let stands =
            isPrintableASCII(text) && !text.contains("=?")
            && text.utf8.count + "Subject: ".utf8.count <= lineLimit && !words.contains("")
        return stands ? text : encodedWords(text, after: "Subject: ".utf8.count)
    }

    /// A mailbox with a name: `Praktijk <a@b.nl>`, the name quoted or encoded as it needs.
    static func mailbox(name: String, address: EmailAddress) throws(MailFault) -> String {
        try check(name)
        guard !name.isEmpty else { return address.wire }
        let spelled =
            if isPrintableASCII(name), !name.contains("=?"),
                name.utf8.count <= encodedWordLimit - 10
            {
                "\"" + name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
            } else {
                encodedWords(name, after: "From: ".utf8.count)
            }
        return "\(spelled)\r\n <\(address.wire)>"
    }

    private static func check(_ text: String) throws(MailFault) {
        guard PlainText.isPlain(text) else { throw MailFault.notPlain }
        guard text.utf8.count <= textLimit else { throw MailFault.tooLong }
    }

    private static func isPrintableASCII(_ text: String) -> Bool {
        text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }

    /// Encoded words in the "Q" encoding, one a line; a character is never cut in two (section 5).
    private static func encodedWords(_ text: String, after headerName: Int) -> String {
        let opening = "=?utf-8?q?"
        let closing = "?="
        var words: [String] = []
        var word = ""
        var limit = min(encodedWordLimit, lineLimit - headerName) - opening.count - closing.count
        for scalar in text.unicodeScalars {
            let spelled = spelling(of: scalar)
            if word.utf8.count + spelled.utf8.count > limit {
                words.append(opening + word + closing)
                word = ""
                limit = encodedWordLimit - opening.count - closing.count
            }
            word += spelled
        }
        words.append(opening + word + closing)
        return words.joined(separator: "\r\n ")
    }

    /// Only what section 5 (3) lets stand within a name stands; so it is right everywhere.
    private static func spelling(of scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "!", "*", "+", "-", "/": String(scalar)
        case " ": "_"
        default: String(scalar).utf8.map(QuotedPrintable.escape).joined()
        }
    }
}

/// Why no mail was made of a message.
enum MailFault: Error, Equatable {
    /// A header would hold a control character, a line break or a reading-direction mark.
    case notPlain
    case tooLong
    /// It has no subject or no HTML: an SMS.
    case incomplete
}
