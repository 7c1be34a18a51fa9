import Foundation
import Testing

@testable import Auth

/// The whole way of a message: outbox, dispatcher, real mail server.
@Suite(.timeLimit(.minutes(2)))
struct MailDeliveryTests {
    private func channel(to server: MailServer, trusting authority: TestAuthority) throws
        -> SMTPChannel
    {
        try SMTPChannel(
            .init(
                host: "localhost", port: server.port, from: "no-reply@praktijk.example",
                certificateAuthorities: authority.certificate.path), threads: 2)
    }

    @Test func `a message that is refused for now arrives at the next try, with the same id`()
        async throws
    {
        let authority = try TestAuthority()
        let server = try await MailServer(
            .init(
                certificate: try authority.certificate(for: "localhost"),
                recipientReplies: ["451 4.3.0 later"]))
        let channel = try channel(to: server, trusting: authority)
        let message = try await OutboxFixture.run { outbox in
            let dispatcher = try outbox.dispatcher(channel)
            let message = try await outbox.queue(to: "kari@example.no", code: "048213")
            #expect(try await dispatcher.deliverNext()?.reason == .serverBusy)
            try await outbox.becomeDue(message)
            #expect(try await dispatcher.deliverNext()?.state == .sent)
            #expect(try await outbox.row(message).providerMessageID == "4F2A9C1B07")
            return message
        }
        let mails = await server.stop()
        let mail = try #require(mails.first)
        #expect(mails.count == 1)
        #expect(mail.encrypted)
        #expect(mail.text?.contains("048213") == true)
        #expect(
            mail.headers["Message-ID"]?.hasPrefix("<\(message.uuidString.lowercased())@") == true)
    }

    @Test func `without STARTTLS, or with another's certificate, nothing is sent and it shows why`()
        async throws
    {
        let authority = try TestAuthority()
        let cases: [(TestCertificate?, String)] = [
            (nil, "encryption_unavailable"),
            (try TestAuthority().certificate(for: "localhost"), "certificate_untrusted"),
            (try authority.certificate(for: "mail.example"), "certificate_for_other_host"),
        ]
        for (certificate, reason) in cases {
            let server = try await MailServer(.init(certificate: certificate))
            let channel = try channel(to: server, trusting: authority)
            try await OutboxFixture.run { outbox in
                let message = try await outbox.queue()
                #expect(try await outbox.dispatcher(channel).deliverNext()?.state == .queued)
                let waiting = try await outbox.row(message)
                #expect(waiting.reason == reason)
                #expect(waiting.body != nil)

                // The last try before its end; by another instance, whose breaker knows of nothing.
                try await outbox.becomeDue(message)
                try await outbox.change(message, "expires_at = clock_timestamp()")
                #expect(try await outbox.dispatcher(channel).deliverNext()?.state == .failed)
                let row = try await outbox.row(message)
                #expect(row.reason == reason)
                #expect(row.body == nil)
            }
            #expect(await server.stop().isEmpty)
        }
    }

    @Test func `a notice that a block list keeps back goes out later, where a code fails at once`()
        async throws
    {
        let authority = try TestAuthority()
        let blocked = "554 5.7.1 Client host blocked"
        let server = try await MailServer(
            .init(
                certificate: try authority.certificate(for: "localhost"),
                recipientReplies: [blocked, blocked]))
        let channel = try channel(to: server, trusting: authority)
        try await OutboxFixture.run { outbox in
            let dispatcher = try outbox.dispatcher(channel)
            let notice = try await outbox.queueWithoutCode()
            #expect(try await dispatcher.deliverNext()?.state == .queued)
            let waiting = try await outbox.row(notice)
            #expect(waiting.reason == "spam_refused")
            #expect(waiting.body != nil)

            try await outbox.change(
                notice, "next_attempt_at = clock_timestamp() + interval '1 hour'")
            let code = try await outbox.queue()
            #expect(try await dispatcher.deliverNext()?.messageID == code)
            #expect(try await outbox.row(code).state == "failed")
            #expect(try await outbox.row(code).reason == "spam_refused")

            try await outbox.becomeDue(notice)
            #expect(try await dispatcher.deliverNext()?.state == .sent)
        }
        #expect(await server.stop().count == 1)
    }

    @Test func `a server that takes the mail and hangs up on the answer is tried again`()
        async throws
    {
        let authority = try TestAuthority()
        let server = try await MailServer(
            .init(certificate: try authority.certificate(for: "localhost"), silentFrom: "data"))
        let channel = try SMTPChannel(
            .init(
                host: "localhost", port: server.port, from: "no-reply@praktijk.example",
                certificateAuthorities: authority.certificate.path),
            threads: 1, limits: .init(connecting: .seconds(1), conversation: .milliseconds(1500)))
        try await OutboxFixture.run { outbox in
            let message = try await outbox.queue()
            #expect(try await outbox.dispatcher(channel).deliverNext()?.state == .queued)
            #expect(try await outbox.row(message).reason == "server_timeout")
        }
    }
}
