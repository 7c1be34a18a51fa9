import Foundation

/// A rendered message as a mail on the wire (RFC 5322 and 2045 to 2047): CRLF, ASCII, text and HTML
/// as alternatives.
struct InternetMessage: Sendable {
    /// Names and values in order, the values folded.
    let headers: [(name: String, value: String)]
    let body: String

    /// Refuses text that could begin another header or line.
    init(_ message: RenderedMessage, to: EmailAddress, from: EmailAddress) throws(MailFault) {
        guard let subject = message.subject, let html = message.html else {
            throw MailFault.incomplete
        }
        // Quoted-printable never holds "=_", so no line of a part can look like the boundary.
        let id = message.id.uuidString.lowercased()
        let boundary = "=_\(id)"
        var headers: [(name: String, value: String)] = [
            // The time that the text names, not that of a later try: a patient compares the two.
            ("Date", Self.date(message.sentAt)),
            ("From", try HeaderText.mailbox(name: message.senderName, address: from)),
            ("To", to.wire),
            ("Subject", try HeaderText.subject(subject)),
            // The same at every try, so that a mail system which got it twice can show it once.
            ("Message-ID", "<\(id)@\(from.domain.ascii)>"),
            // No vacation notes, no threads (SC-9): nothing answers it, nothing is answered by it.
            ("Auto-Submitted", "auto-generated"),
            ("X-Auto-Response-Suppress", "All"),
            ("X-Entity-Ref-ID", id),
            ("Content-Language", message.locale),
            ("MIME-Version", "1.0"),
            ("Content-Type", "multipart/alternative;\r\n boundary=\"\(boundary)\""),
        ]
        if !message.staysTrue {
            // Mail programs that know either can clear a dead code away (RFC 4021).
            let expiry = Self.date(message.expiresAt)
            headers += [("Expires", expiry), ("Expiry-Date", expiry)]
        }
        self.headers = headers
        body = [
            "--\(boundary)", Self.part("text/plain", message.text),
            "--\(boundary)", Self.part("text/html", html),
            "--\(boundary)--", "",
        ].joined(separator: "\r\n")
    }

    /// The whole mail, ready for DATA but for the dots.
    var bytes: [UInt8] {
        let head = headers.map { "\($0.name): \($0.value)\r\n" }.joined()
        return Array((head + "\r\n" + body).utf8)
    }

    private static func part(_ type: String, _ text: String) -> String {
        [
            "Content-Type: \(type); charset=utf-8",
            "Content-Transfer-Encoding: quoted-printable",
            "",
            QuotedPrintable.encode(text),
        ].joined(separator: "\r\n")
    }

    /// `Tue, 01 Sep 2026 09:50:00 +0000` (RFC 5322 section 3.3).
    private static func date(_ instant: Date) -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let parts = calendar.dateComponents(
            [.weekday, .day, .month, .year, .hour, .minute, .second], from: instant)
        func two(_ value: Int?) -> String {
            let value = value ?? 0
            return value < 10 ? "0\(value)" : "\(value)"
        }
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        return
            "\(days[(parts.weekday ?? 1) - 1]), \(two(parts.day)) \(months[(parts.month ?? 1) - 1])"
            + " \(parts.year ?? 0) \(two(parts.hour)):\(two(parts.minute)):\(two(parts.second)) +0000"
    }
}
