import Cryptography
import Foundation
import Testing

@testable import Auth

/// The channel against a real mail server.
@Suite(.timeLimit(.minutes(2)))
struct SMTPChannelTests {
    private let authority: TestAuthority

    init() throws {
        authority = try TestAuthority()
    }

    /// A server with STARTTLS and a certificate for the name that we call it by.
    private func server(_ change: (inout MailServer.Behaviour) -> Void = { _ in }) async throws
        -> MailServer
    {
        var behaviour = MailServer.Behaviour(
            certificate: try authority.certificate(for: "localhost"))
        change(&behaviour)
        return try await MailServer(behaviour)
    }

    private func channel(
        to port: Int, trusting authority: TestAuthority? = nil, login: (String, String)? = nil,
        limits: SMTPChannel.Limits = .init()
    ) throws -> SMTPChannel {
        try SMTPChannel(
            ServiceConfiguration.Mail(
                host: "localhost", port: port, username: login?.0,
                password: login.map { Secret($0.1) }, from: "no-reply@praktijk.example",
                certificateAuthorities: (authority ?? self.authority).certificate.path),
            threads: 2, limits: limits)
    }

    private func message(to: String = "kari@example.no") throws -> RenderedMessage {
        let id = UUID()
        let text = try Templates.shipped().text(.sessionCode, locale: "nb").mail([
            .practice: "Legekontoret på Bryggen", .code: "048213", .sentAt: "11:50",
            .validUntil: "12:00", .minutes: "10", .reference: "KD",
            .supportContact: "55 12 34 56, " + String(repeating: "spør etter Åse. ", count: 20),
        ])
        return RenderedMessage(
            id: id, practiceID: UUID(), channel: .email, to: to, locale: "nb",
            senderName: "Legekontoret på Bryggen", subject: text.subject,
            text: text.text + ".\n..\n.slutt\n", html: text.html, code: "048213",
            sentAt: try Date.ISO8601FormatStyle().parse("2026-09-01T09:50:07Z"),
            expiresAt: try Date.ISO8601FormatStyle().parse("2026-09-01T10:00:07Z"))
    }

    @Test func `a mail arrives encrypted and as it was written`() async throws {
        let server = try await server()
        let message = try message()
        let receipt = try await channel(to: server.port).deliver(message)

        #expect(receipt == Receipt(providerMessageID: "4F2A9C1B07"))
        let mails = await server.stop()
        let mail = try #require(mails.first)
        #expect(mails.count == 1)
        #expect(mail.encrypted)
        #expect(mail.from == "no-reply@praktijk.example")
        #expect(mail.to == ["kari@example.no"])
        #expect(mail.greetedAs == "praktijk.example")
        #expect(mail.login == nil)
        #expect(mail.defects == [])
        #expect(mail.contentTypes == ["multipart/alternative", "text/plain", "text/html"])
        #expect(mail.headers["Subject"] == message.subject)
        #expect(mail.fromName == "Legekontoret på Bryggen")
        #expect(mail.fromAddress == "no-reply@praktijk.example")
        #expect(mail.date == "2026-09-01T09:50:07+00:00")
        let id = message.id.uuidString.lowercased()
        #expect(mail.headers["Message-ID"] == "<\(id)@praktijk.example>")
        #expect(mail.text?.replacing("\r\n", with: "\n") == message.text)
        #expect(mail.html?.replacing("\r\n", with: "\n") == message.html)
    }

    @Test func `a server that offers no STARTTLS gets nothing`() async throws {
        let server = try await server { $0.certificate = nil }
        let channel = try channel(to: server.port)
        await #expect(throws: DeliveryFailure.transient(.encryptionUnavailable)) {
            try await channel.deliver(message())
        }
        #expect(await server.stop().isEmpty)
    }

    @Test func `a certificate of an authority that we don't trust gets nothing`() async throws {
        let server = try await server()
        let channel = try channel(to: server.port, trusting: TestAuthority())
        await #expect(throws: DeliveryFailure.transient(.certificateUntrusted)) {
            try await channel.deliver(message())
        }
        #expect(await server.stop().isEmpty)
    }

    @Test func `a certificate for another host gets nothing`() async throws {
        let other = try authority.certificate(for: "mail.example")
        let server = try await server { $0.certificate = other }
        let channel = try channel(to: server.port)
        await #expect(throws: DeliveryFailure.transient(.certificateForOtherHost)) {
            try await channel.deliver(message())
        }
        #expect(await server.stop().isEmpty)
    }

    @Test func `without a file of authorities the system's are trusted and no other`() async throws
    {
        let server = try await server()
        let channel = try SMTPChannel(
            .init(host: "localhost", port: server.port, from: "no-reply@praktijk.example"),
            threads: 1)
        await #expect(throws: DeliveryFailure.transient(.certificateUntrusted)) {
            try await channel.deliver(message())
        }
        #expect(await server.stop().isEmpty)
    }

    @Test func `a server that says later gets it later`() async throws {
        let server = try await server { $0.recipientReplies = ["450 4.2.0 greylisted"] }
        let channel = try channel(to: server.port)
        await #expect(throws: DeliveryFailure.transient(.serverBusy)) {
            try await channel.deliver(message())
        }
        _ = try await channel.deliver(message())
        #expect(await server.stop().count == 1)
    }

    @Test func `a refused mailbox and a refused mail are told apart`() async throws {
        let server = try await server {
            $0.recipientReplies = ["550 5.1.1 <kari@example.no> unknown"]
            $0.dataReplies = ["554 5.7.1 no"]
        }
        let channel = try channel(to: server.port)
        await #expect(throws: DeliveryFailure.permanent(.unknownMailbox)) {
            try await channel.deliver(message())
        }
        await #expect(throws: DeliveryFailure.permanent(.spamRefused)) {
            try await channel.deliver(message())
        }
        #expect(await server.stop().isEmpty)
    }

    @Test(arguments: [
        (MailServer.Refusal.greeting("554 5.3.2 not now"), DeliveryFailure.Reason.serverRefused),
        (.sender("550 5.7.1 you are on a list"), .serverRefused),
        (.sender("535 5.7.8 who are you"), .loginRefused),
        (.encryption, .encryptionUnavailable),
    ])
    func `a server that takes nothing of us gets it when it does`(
        refusal: MailServer.Refusal, reason: DeliveryFailure.Reason
    ) async throws {
        let server = try await server()
        let channel = try channel(to: server.port)
        try await server.turn(refusal)
        await #expect(throws: DeliveryFailure.transient(reason)) {
            try await channel.deliver(message())
        }
        try await server.turn(nil)
        _ = try await channel.deliver(message())
        #expect(await server.stop().count == 1)
    }

    @Test(arguments: ["connect", "data"])
    func `a server that stops answering is left when the time is up`(place: String) async throws {
        let server = try await server { $0.silentFrom = place }
        let limits = SMTPChannel.Limits(
            connecting: .milliseconds(500), conversation: .milliseconds(1500))
        let channel = try channel(to: server.port, limits: limits)
        let began = ContinuousClock.now
        await #expect(throws: DeliveryFailure.transient(.serverTimeout)) {
            try await channel.deliver(message())
        }
        #expect(ContinuousClock.now - began < .seconds(10))
        #expect(await server.stop().isEmpty)
    }

    @Test func `a user name and its password are given, and only encrypted`() async throws {
        let server = try await server { $0.login = "portaal:een geheim" }
        _ = try await channel(to: server.port, login: ("portaal", "een geheim")).deliver(message())
        let wrong = try channel(to: server.port, login: ("portaal", "iets anders"))
        await #expect(throws: DeliveryFailure.transient(.loginRefused)) {
            try await wrong.deliver(message())
        }
        let without = try channel(to: server.port)
        await #expect(throws: DeliveryFailure.transient(.loginRefused)) {
            try await without.deliver(message())
        }
        #expect(await server.stop().map(\.login) == ["portaal"])
    }

    @Test func `a server that isn't there may come back`() async throws {
        var server: MailServer? = try await server()
        let port = try #require(server?.port)
        server = nil
        // The port may be another process's by now, which speaks no SMTP either.
        let channel = try channel(
            to: port, limits: .init(connecting: .seconds(1), conversation: .seconds(1)))
        let message = try message()
        let failure = await #expect(throws: DeliveryFailure.self) {
            try await channel.deliver(message)
        }
        guard case .transient = failure else {
            Issue.record("a server that may come back was given up: \(String(describing: failure))")
            return
        }
    }

    @Test func `an address that could be more than an address goes to no server`() async throws {
        let server = try await server()
        let channel = try channel(to: server.port)
        for address in [
            "a@x.no\r\nRCPT TO:<b@x.no>", "a@x.no> SIZE=1", "<a@x.no>", "a@x.no,b@x.no",
        ] {
            await #expect(throws: DeliveryFailure.permanent(.addressUnusable)) {
                try await channel.deliver(message(to: address))
            }
        }
        #expect(await server.stop().isEmpty)
    }

    @Test func `a domain beyond ASCII goes out in the letters of mail servers`() async throws {
        let server = try await server()
        _ = try await channel(to: server.port).deliver(message(to: "Kari.Lie@Bøl.no"))

        let mail = try #require(await server.stop().first)
        #expect(mail.to == ["Kari.Lie@xn--bl-lka.no"])
        #expect(mail.headers["To"] == "Kari.Lie@xn--bl-lka.no")
        #expect(mail.defects.isEmpty)
    }

    @Test func `many mails at once all arrive`() async throws {
        let server = try await server()
        let channel = try channel(to: server.port)
        let sent = try await withThrowingTaskGroup(of: UUID.self) { group in
            for _ in 0..<12 {
                let message = try message()
                group.addTask {
                    _ = try await channel.deliver(message)
                    return message.id
                }
            }
            return try await group.reduce(into: Set()) { $0.insert($1.uuidString.lowercased()) }
        }
        let mails = await server.stop()
        let arrived = mails.compactMap { $0.headers["Message-ID"]?.dropFirst().prefix(36) }
        #expect(Set(arrived.map(String.init)) == sent)
        #expect(mails.count == 12)
    }
}
