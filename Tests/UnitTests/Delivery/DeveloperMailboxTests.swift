import Foundation
import Testing

@testable import Auth

@Suite struct DeveloperMailboxTests {
    let mailbox = DeveloperMailbox()

    func message(
        id: UUID = UUID(), to: String = "jansen@example.nl", subject: String = "Sessiecode",
        code: String = "048213"
    ) -> RenderedMessage {
        RenderedMessage(
            id: id, practiceID: UUID(), channel: .email, to: to, locale: "nl",
            senderName: "De Linde",
            subject: subject, text: "\(code) is uw sessiecode", html: "<p>\(code)</p>", code: code,
            sentAt: Date(), expiresAt: Date() + 600)
    }

    @Test func `an SMS is kept as it goes out, with neither subject nor headers nor HTML`()
        async throws
    {
        _ = try await mailbox.deliver(
            RenderedMessage(
                id: UUID(), practiceID: UUID(), channel: .sms, to: "+31612345678", locale: "nl",
                senderName: "De Linde", subject: nil, text: "048213 is uw code", html: nil,
                code: "048213", sentAt: Date(), expiresAt: Date() + 600))
        let sms = try #require(mailbox.mails(.init(channel: .sms)).first)
        #expect(sms.text == "048213 is uw code")
        #expect(sms.subject == nil && sms.html == nil && sms.headers.isEmpty)
        #expect(mailbox.mails(.init(channel: .email)).isEmpty)
        #expect(MailboxPage(mails: [sms], to: nil).html.contains("<pre>048213 is uw code</pre>"))
        #expect(!MailboxPage(mails: [sms], to: nil).html.contains("<iframe"))
    }

    @Test func `mails are newest first and can be narrowed down`() async throws {
        for (to, code) in [("a@x.nl", "111111"), ("b@x.nl", "222222"), ("a@x.nl", "333333")] {
            _ = try await mailbox.deliver(message(to: to, code: code))
        }
        #expect(mailbox.mails().map(\.code) == ["333333", "222222", "111111"])
        #expect(mailbox.mails(.init(to: "A@X.nl")).map(\.code) == ["333333", "111111"])
        #expect(mailbox.mails(.init(channel: .email)).count == 3)

        let first = try #require(mailbox.mails().last)
        #expect(mailbox.mails(.init(since: first.sentAt)).map(\.code) == ["333333", "222222"])
    }

    @Test func `a reader that goes on from the newest mail's time misses none and sees none twice`()
        async throws
    {
        var seen: [String] = []
        var since: Date?
        for number in 0..<50 {
            _ = try await mailbox.deliver(message(code: "\(100_000 + number)"))
            let mails = mailbox.mails(.init(since: since))
            seen += mails.compactMap(\.code)
            // As a caller has it: the time as JSON gave it.
            let text = try #require(mails.first?.sentAt.rfc3339)
            since = try Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(text)
        }
        #expect(seen == (0..<50).map { "\(100_000 + $0)" })
    }

    @Test func `a reader that waits gets the mail it asked for as soon as it is there`()
        async throws
    {
        async let found = mailbox.mails(.init(to: "b@x.nl"), waitingAtMost: .seconds(60))
        _ = try await mailbox.deliver(message(to: "a@x.nl", code: "111111"))
        _ = try await mailbox.deliver(message(to: "b@x.nl", code: "222222"))
        #expect(await found.map(\.code) == ["222222"])
    }

    @Test func `a reader that waits in vain is answered when its time is up`() async {
        #expect(await mailbox.mails(.init(), waitingAtMost: .milliseconds(5)).isEmpty)
    }

    @Test func `it keeps so many mails and no more, the newest of them`() async throws {
        for number in 0..<(DeveloperMailbox.capacity + 3) {
            _ = try await mailbox.deliver(message(subject: "\(number)"))
        }
        #expect(mailbox.mails().count == DeveloperMailbox.capacity)
        #expect(mailbox.mails().first?.subject == "\(DeveloperMailbox.capacity + 2)")
        #expect(mailbox.mails().last?.subject == "3")
        mailbox.empty()
        #expect(mailbox.mails().isEmpty)
    }

    @Test func `a message that comes twice is one mail`() async throws {
        let twice = message()
        _ = try await mailbox.deliver(twice)
        _ = try await mailbox.deliver(twice)
        #expect(mailbox.mails().count == 1)
    }

    @Test func `it refuses what a mail server would refuse`() async {
        await #expect(throws: DeliveryFailure.permanent(.addressUnusable)) {
            try await mailbox.deliver(message(to: "a@x.nl\r\nRCPT TO:<b@x.nl>"))
        }
        await #expect(throws: DeliveryFailure.permanent(.messageUnreadable)) {
            try await mailbox.deliver(message(subject: "x\r\nBcc: b@x.nl"))
        }
        #expect(mailbox.mails().isEmpty)
    }

    @Test func `the page shows the code and runs nothing that came with a mail`() async throws {
        let hostile = "</title><script>alert(1)</script>\"'<\u{301}img onerror=x>"
        _ = try await mailbox.deliver(message(subject: hostile))
        let page = MailboxPage(mails: mailbox.mails(), to: "\"><script>")

        #expect(page.html.contains(">048213</p>"))
        #expect(page.html.components(separatedBy: "<script").count == 2)
        #expect(
            !page.html.unicodeScalars.contains { $0 == "\u{301}" }
                || !page.html.contains("<\u{301}"))
        #expect(page.html.contains("<iframe sandbox loading"))

        let nonce = try #require(page.policy.firstMatch(of: /script-src 'nonce-([A-Z]+)'/)?.1)
        #expect(page.html.contains("<script nonce=\"\(nonce)\">"))
        #expect(MailboxPage(mails: [], to: nil).policy != page.policy)
    }
}
