import Foundation
import Logging
import ServiceLifecycle
import Testing

@testable import Auth

/// The developer mailbox over HTTP, as a browser and a test script reach it (Z-31).
@Suite(.timeLimit(.minutes(2)))
struct MailboxTests {
    private let mailbox = DeveloperMailbox()

    /// Serves the mailbox on a port of its own, as development mode does.
    private func serve(_ body: @escaping @Sendable (HTTPClient) async throws -> Void) async throws {
        let endpoints = Endpoints(demandsLoopback: true)
        MailboxRoutes(mailbox: mailbox).add(to: endpoints)
        let server = HTTPServer(
            endpoints, log: RequestLog(logger: OutboxFixture.quiet, metrics: MetricsRegistry()))
        let (ports, opened) = AsyncStream<Int>.makeStream()
        let application = server.application(host: "127.0.0.1", port: 0) { opened.yield($0) }
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: application)], logger: OutboxFixture.quiet))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            for await port in ports {
                do {
                    try await body(HTTPClient(port: port))
                } catch {
                    Issue.record(error)
                }
                break
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    private func deliver(to: String, code: String, html: String? = nil) async throws {
        _ = try await mailbox.deliver(
            RenderedMessage(
                id: UUID(), practiceID: UUID(), channel: .email, to: to, locale: "nb",
                senderName: "Legekontoret på Bryggen", subject: "Engangskode på norsk",
                text: "\(code) er din engangskode", html: html ?? "<p>\(code)</p>", code: code,
                sentAt: Date(), expiresAt: Date() + 600))
    }

    @Test func `a mail is read as JSON, newest first, by address and time`() async throws {
        try await deliver(to: "kari@example.no", code: "111111")
        try await deliver(to: "ola+test@example.no", code: "222222")
        try await deliver(to: "kari@example.no", code: "333333")
        try await serve { client in
            func texts(_ query: String) async throws -> [String] {
                let answer = try await client.send("GET", "/dev/mailbox/messages\(query)")
                try #require(answer.status == 200, "\(answer.text)")
                return try answer.json()["messages"].array.map { $0["text"].string ?? "" }
                    .map { String($0.prefix(6)) }
            }
            #expect(try await texts("") == ["333333", "222222", "111111"])
            #expect(try await texts("?to=kari@example.no") == ["333333", "111111"])
            #expect(try await texts("?to=OLA%2Btest@example.no&channel=email") == ["222222"])
            #expect(try await texts("?to=ola+test@example.no") == ["222222"])

            let first = try await client.send("GET", "/dev/mailbox/messages").json()["messages"][2]
            let since = try #require(first["sent_at"].string)
            #expect(try await texts("?since=\(since)") == ["333333", "222222"])
            #expect(
                Set(first.members.keys) == [
                    "id", "channel", "to", "locale", "subject", "headers", "text", "html",
                    "sent_at",
                ])
            #expect(first["subject"].string == "Engangskode på norsk")
            #expect(first["headers"]["Auto-Submitted"].string == "auto-generated")
            #expect(first["locale"].string == "nb")
        }
    }

    @Test func `a reader that waits is answered by the mail, not by the clock`() async throws {
        try await serve { client in
            async let answer = client.send("GET", "/dev/mailbox/messages?to=b@x.no&wait=30")
            try await deliver(to: "a@x.no", code: "111111")
            try await deliver(to: "b@x.no", code: "222222")
            #expect(try await answer.json()["messages"].array.count == 1)
            #expect(try await answer.duration < .seconds(25))
        }
    }

    @Test(arguments: [
        "?wait=31", "?wait=-1", "?wait=soon", "?since=yesterday", "?channel=pigeon", "?from=a@b.no",
        "?to=a@b.no&to=c@d.no",
    ])
    func `a question that is no question is refused`(query: String) async throws {
        try await serve { client in
            let answer = try await client.send("GET", "/dev/mailbox/messages\(query)")
            #expect(answer.status == 400)
            #expect(answer.problem == "query-invalid")
        }
    }

    @Test func `it is emptied by DELETE`() async throws {
        try await deliver(to: "kari@example.no", code: "111111")
        try await serve { client in
            let emptied = try await client.send("DELETE", "/dev/mailbox/messages")
            #expect(emptied.status == 204)
            let left = try await client.send("GET", "/dev/mailbox/messages")
            #expect(left.text == #"{"messages":[]}"#)
        }
    }

    @Test func `the page shows the code, and a mail's HTML only in a sandboxed frame`() async throws
    {
        try await deliver(
            to: "kari@example.no", code: "048213", html: "<script>alert(1)</script><p>048213</p>")
        try await serve { client in
            let page = try await client.send("GET", "/dev/mailbox")
            #expect(page.status == 200)
            #expect(page.text.contains(">048213</p>"))
            #expect(!page.text.contains("alert(1)"))
            #expect(page.header("Content-Security-Policy")?.contains("default-src 'none'") == true)

            let frame = try #require(page.text.firstMatch(of: /<iframe sandbox [^>]*src="([^"]+)"/))
            let html = try await client.send("GET", String(frame.1))
            #expect(html.text == "<script>alert(1)</script><p>048213</p>")
            let policy = try #require(html.header("Content-Security-Policy"))
            #expect(policy.hasPrefix("sandbox; default-src 'none'"))
            #expect(!policy.contains("allow-"))

            let unknown = "/dev/mailbox/messages/\(UUID())/html"
            #expect(try await client.send("GET", unknown).status == 404)
        }
    }

    @Test(
        arguments: [
            ("evil.example", nil), ("evil.example:8080", nil), ("127.0.0.1.evil.example", nil),
            ("localhost.evil.example", nil), ("10.0.0.1", nil), ("[::2]", nil),
            ("localhost", "X-Forwarded-For"), ("localhost", "X-Forwarded-Host"),
            ("localhost", "Forwarded"), ("localhost", "Via"), ("localhost", "X-Real-IP"),
        ] as [(String, String?)])
    func `whoever does not ask on this machine for this machine finds nothing`(
        host: String, forwarding: String?
    ) async throws {
        try await deliver(to: "kari@example.no", code: "048213")
        try await serve { client in
            for path in ["/dev/mailbox", "/dev/mailbox/messages", "/nothing"] {
                let headers = [("Host", host)] + (forwarding.map { [($0, "10.0.0.1")] } ?? [])
                let answer = try await client.send("GET", path, headers: headers)
                #expect(answer.status == 404)
                #expect(!answer.text.contains("048213"))
            }
        }
    }

    @Test(arguments: ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]", "[::1]:65535"])
    func `every loopback name of this machine will do`(host: String) async throws {
        try await serve { client in
            let answer = try await client.send("GET", "/dev/mailbox", headers: [("Host", host)])
            #expect(answer.status == 200)
        }
    }
}
