import Foundation
import Testing

@testable import Auth

@Suite struct InternetMessageTests {
    static let id = UUID(uuidString: "01990000-0000-7000-8000-00000000ABCD") ?? UUID()

    static func message(
        sender: String = "Huisartsenpraktijk De Linde", subject: String = "Sessiecode",
        text: String = "Hallo", html: String = "<p>Hallo</p>"
    ) throws -> RenderedMessage {
        RenderedMessage(
            id: id, practiceID: UUID(), channel: .email, to: "jansen@example.nl", locale: "nl",
            senderName: sender,
            subject: subject, text: text, html: html, code: "048213",
            sentAt: try Date.ISO8601FormatStyle().parse("2026-09-01T09:50:07Z"),
            expiresAt: try Date.ISO8601FormatStyle().parse("2026-09-01T10:00:07Z"))
    }

    static func wire(_ message: RenderedMessage) throws -> [UInt8] {
        try InternetMessage(
            message, to: #require(EmailAddress(message.to)),
            from: #require(EmailAddress("no-reply@praktijk.example"))
        ).bytes
    }

    @Test func `a mail has the headers that it needs, and none that threads or tracks`() throws {
        let mail = try ParsedMail(Self.wire(Self.message()))
        let id = "01990000-0000-7000-8000-00000000abcd"

        #expect(mail["Date"] == "Tue, 01 Sep 2026 09:50:07 +0000")
        #expect(mail["From"] == "\"Huisartsenpraktijk De Linde\" <no-reply@praktijk.example>")
        #expect(mail["To"] == "jansen@example.nl")
        #expect(mail["Subject"] == "Sessiecode")
        #expect(mail["Message-ID"] == "<\(id)@praktijk.example>")
        #expect(mail["Auto-Submitted"] == "auto-generated")
        #expect(mail["X-Auto-Response-Suppress"] == "All")
        #expect(mail["Expires"] == "Tue, 01 Sep 2026 10:00:07 +0000")
        #expect(mail["Expiry-Date"] == mail["Expires"])
        #expect(mail["Content-Language"] == "nl")
        #expect(mail["MIME-Version"] == "1.0")
        for name in ["In-Reply-To", "References", "Bcc", "Cc", "Reply-To", "Return-Receipt-To"] {
            #expect(mail[name] == nil)
        }
        #expect(Set(mail.headers.map(\.name)).count == mail.headers.count)
    }

    @Test func `what stays true has no expiry that a mail program would clear it away by`() throws {
        var message = try Self.message()
        message.staysTrue = true
        let mail = try ParsedMail(Self.wire(message))
        #expect(mail["Expires"] == nil && mail["Expiry-Date"] == nil)
        #expect(mail["Date"] != nil && mail.parts.count == 2)
    }

    @Test func `text comes before HTML, and both come back as they were`() throws {
        let text = "Én kode, sendt kl. 11:50 = nå.\n\n.\n..punkt \nFrom her\n" + "æøå € 👩‍⚕️ "
        let html = "<p style=\"color:#111\">" + String(repeating: "blåbær ", count: 300) + "</p>\n"
        let mail = try ParsedMail(Self.wire(Self.message(text: text, html: html)))

        #expect(
            mail.parts.map(\.type) == ["text/plain; charset=utf-8", "text/html; charset=utf-8"])
        #expect(mail.parts.first?.text == text.replacing("\n", with: "\r\n"))
        #expect(mail.parts.last?.text == html.replacing("\n", with: "\r\n"))
    }

    @Test(arguments: [
        "Sessiecode van 11:50 uur, referentie KD – Huisartsenpraktijk De Linde",
        "Engangskode sendt kl. 11:50, referanse ÆØ – Legekontoret på Bryggen, Bjørnafjorden",
        "=?utf-8?q?x?=", "plain", "two  spaces", " leading", "trailing ", "?=",
        String(repeating: "Überlänge ", count: 40), String(repeating: "a", count: 300),
        String(repeating: "👩‍⚕️", count: 30), "\"quoted\" (comment) <angle> [x]; a=b",
    ])
    func `a subject and a name read as they were written`(subject: String) throws {
        let mail = try ParsedMail(Self.wire(Self.message(sender: subject, subject: subject)))
        #expect(mail["Subject"] == subject)

        let from = try #require(mail["From"])
        let name = from.replacing(" <no-reply@praktijk.example>", with: "")
        let quoted = name.hasPrefix("\"") && name.hasSuffix("\"") && name != subject
        let unquoted = name.dropFirst().dropLast().replacing("\\\"", with: "\"")
        #expect((quoted ? String(unquoted) : name) == subject)
    }

    @Test(arguments: [
        "x\r\nBcc: thief@example.nl", "x\nBcc: thief@example.nl", "x\rBcc: y", "x\u{0}", "x\u{B}",
        "x\u{2028}", "x\u{85}", "x\u{202E}gpj.exe", "x\u{2067}",
    ])
    func `text that could begin another header, or turn around, makes no mail`(
        intruder: String
    ) throws {
        let bySubject = try Self.message(subject: intruder)
        let byName = try Self.message(sender: intruder)
        #expect(throws: MailFault.notPlain) { try Self.wire(bySubject) }
        #expect(throws: MailFault.notPlain) { try Self.wire(byName) }
    }

    @Test func `a subject without end makes no mail`() throws {
        let message = try Self.message(subject: String(repeating: "a", count: 999))
        #expect(throws: MailFault.tooLong) { try Self.wire(message) }
    }

    @Test func `any text survives quoted-printable`() throws {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array(" \t=.?_aZ09\n\u{E6}\u{20AC}\u{1F469}~")
        for length in 0..<300 {
            let text = String(
                (0..<length).compactMap { _ in alphabet.randomElement(using: &generator) })
            let encoded = QuotedPrintable.encode(text)
            #expect(try ParsedMail.decodingQuoted(encoded) == text.replacing("\n", with: "\r\n"))
        }
    }
}
