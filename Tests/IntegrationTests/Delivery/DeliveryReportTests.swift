import Cryptography
import Foundation
import Postgres
import Testing

@testable import Auth

/// What gateways report, over HTTP: who is believed, and what it changes (Z-27).
@Suite(.timeLimit(.minutes(2)))
struct DeliveryReportTests {
    private let authority: TestAuthority

    init() throws {
        authority = try TestAuthority()
    }

    /// A service whose first practice sends mail through the peer, and one signed-in attempt of it.
    private func run(
        _ answers: [HTTPSPeer.Answer] = [HTTPSPeer.takes],
        _ body: @escaping @Sendable (TestService, HTTPSPeer, Gateway) async throws -> Void
    ) async throws {
        let peer = try await HTTPSPeer(
            answers, certificate: try authority.certificate(for: "localhost"))
        var settings = TestService.Settings()
        let path = authority.certificate.path
        settings.configure = {
            $0.outbound = .init(hosts: [peer.authority])
            $0.outbound.loopbackAuthorities = path
        }
        try await TestService.run(settings) { service in
            let gateways = try await setLadder(
                [peer.rung("first"), peer.rung("second")], of: service.practice, peer, service)
            try await body(service, peer, gateways[0])
        }
    }

    private func setLadder(
        _ rungs: [String], of practice: UUID, for kind: ChannelKind = .email, _ peer: HTTPSPeer,
        _ service: TestService
    ) async throws -> [Gateway] {
        let ladder = try NewLadder.parsed(
            "[\(rungs.joined(separator: ","))]", for: kind, hosts: [peer.authority])
        let database = service.service.database
        try await database.run(
            ReplaceLadder(
                practice: practice, ladder: ladder, key: service.service.keys.sealingKey(.gateway)))
        return try await database.run(FindGateways(practice: practice)).filter { $0.kind == kind }
    }

    private func report(
        _ json: String, to gateway: Gateway, of service: TestService,
        secret: String = "first-report",
        headers: [(String, String)] = []
    ) async throws -> HTTPAnswer {
        let body = Array(json.utf8)
        let tag = HMAC.authenticate(body, key: Secret(Array(secret.utf8)))
        let hex = tag.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return try await service.client.send(
            "POST", "/v1/delivery-reports/\(gateway.id.text)",
            headers: [("Content-Type", "application/json"), ("X-Signature", hex)] + headers,
            body: body)
    }

    /// The code of a login whose message the gateway has taken.
    private func sent(_ service: TestService) async throws -> String {
        let answer = try await service.login(try await service.person())
        try #require(answer.status == 201, "\(answer.text)")
        let id = try #require(try answer.json()["id"].string)
        try await eventually {
            try await code(id, service)["delivery"].string == "sent"
        }
        return id
    }

    private func code(
        _ id: String, _ service: TestService, language: String = "nl"
    ) async throws -> JSON {
        try await service.send(
            "GET", "/v1/logins/\(id)", headers: [("Accept-Language", language)]
        ).json()["code"]
    }

    @Test func `the login says which way its message went, and that the network delivered it`()
        async throws
    {
        try await run { service, _, gateway in
            let id = try await sent(service)
            #expect(try await code(id, service)["gateway"].string == "first")

            let delivered = #"{"id": "G-1", "status": "ok"}"#
            let forged = try await report(delivered, to: gateway, of: service, secret: "guess")
            #expect(forged.status == 401)
            #expect(forged.problem == "signature-invalid")
            #expect(try await code(id, service)["delivery"].string == "sent")

            #expect(try await report(delivered, to: gateway, of: service).status == 204)
            #expect(try await code(id, service)["delivery"].string == "delivered")
            // Never backwards.
            let lost = #"{"id": "G-1", "status": "lost", "error": "21"}"#
            #expect(try await report(lost, to: gateway, of: service).status == 204)
            let code = try await code(id, service)
            #expect(code["delivery"].string == "delivered")
            #expect(code["reason"].isAbsent)
        }
    }

    // "Hvis du ikke mottar noen SMS, sjekk om mobilabonnementet ditt er sperret for kostnadsbelagte
    // SMS-tjenester. Kontakt din mobiloperatør for å fjerne sperringen."
    @Test func `a report that it failed is shown with advice, and sends nothing elsewhere`()
        async throws
    {
        try await run { service, peer, gateway in
            let id = try await sent(service)
            let lost = #"{"id": "G-1", "status": "lost", "error": 21}"#
            #expect(try await report(lost, to: gateway, of: service).status == 204)
            let code = try await code(id, service, language: "nb")
            #expect(code["delivery"].string == "failed")
            #expect(code["reason"].string == "blocked_by_subscriber")
            #expect(
                code["advice"].string
                    == DeliveryFailure.Reason.blockedBySubscriber.advice(in: .bokmål))
            try await service.service.dispatcher.sweepOnce()
            #expect(try await service.service.dispatcher.deliverNext() == nil)
            #expect(await peer.stop().count == 1)
            // The network may still have the last word.
            let delivered = #"{"id": "G-1", "status": "ok"}"#
            #expect(try await report(delivered, to: gateway, of: service).status == 204)
            #expect(try await self.code(id, service)["delivery"].string == "delivered")
        }
    }

    @Test(arguments: ["ok", "lost"])
    func `a report quicker than our own commit is asked for again, not lost`(status: String)
        async throws
    {
        try await run { service, _, gateway in
            let id = try await sent(service)
            let report = #"{"id": "G-1", "status": "\#(status)", "error": "21"}"#
            // As it is between the gateway's answer and the commit of it.
            try await service.database.execute(
                """
                update message
                set state = 'queued', body = '', provider_message_id = null,
                    leased_until = now() + interval '1 minute',
                    next_attempt_at = now() + interval '1 minute'
                where gateway_id = '\(gateway.id)'
                """)
            let early = try await self.report(report, to: gateway, of: service)
            #expect(early.status == 503, "\(early.text)")
            #expect(early.header("Retry-After") != nil)

            try await service.database.execute(
                """
                update message
                set state = 'sent', body = null, provider_message_id = 'G-1', leased_until = null
                where gateway_id = '\(gateway.id)'
                """)
            #expect(try await self.report(report, to: gateway, of: service).status == 204)
            let state = try await code(id, service)["delivery"].string
            #expect(state == (status == "ok" ? "delivered" : "failed"))

            // A number that no message of it ever had is not waited for.
            let foreign = #"{"id": "G-2", "status": "ok"}"#
            #expect(try await self.report(foreign, to: gateway, of: service).status == 204)
            let metrics = try await service.internalInstances[0].send("GET", "/metrics").text
            for outcome in ["early", "recorded", "unknown"] {
                #expect(metrics.contains(#"outcome="\#(outcome)""#), "\(outcome)")
            }
        }
    }

    @Test func `a gateway reports its own messages alone`() async throws {
        try await run { service, peer, gateway in
            let id = try await sent(service)
            let bergen = try #require(
                try await service.database.rows(
                    "select practice_id from practice where practice_id <> '\(service.practice)'"
                ).first?.first.flatMap { $0 }.flatMap { UUID(uuidString: $0) })
            let foreign = try await setLadder([peer.rung("first")], of: bergen, peer, service)
            let second = try await setLadder(
                [peer.rung("first"), peer.rung("second")], of: service.practice, peer, service)[1]
            let delivered = #"{"id": "G-1", "status": "ok"}"#
            #expect(try await report(delivered, to: foreign[0], of: service).status == 204)
            #expect(
                try await report(delivered, to: second, of: service, secret: "second-report")
                    .status == 204)
            // Nor is one gateway's signature good for another.
            #expect(try await report(delivered, to: second, of: service).status == 401)
            #expect(try await code(id, service)["delivery"].string == "sent")
            #expect(try await report(delivered, to: gateway, of: service).status == 204)
            #expect(try await code(id, service)["delivery"].string == "delivered")
        }
    }

    @Test func `Twilio's own form and signature are understood`() async throws {
        try await run { service, peer, _ in
            let twilio = try await setLadder(
                [
                    """
                    {"name": "twilio", "type": "twilio", "secret": "12345", "settings":
                     {"url": "\(peer.origin)", "account": "AC1", "sender": "2077"}}
                    """
                ], of: service.practice, for: .sms, peer, service)[0]
            let message = UUID()
            try await service.database.execute(
                """
                insert into message
                    (practice_id, message_id, code_id, channel, template, locale, state, expires_at,
                     gateway_id, gateway, provider_message_id)
                values ('\(service.practice)', '\(message)', '\(UUID())', 'sms', 'session-code',
                        'nl', 'sent', clock_timestamp(), '\(twilio.id)', 'twilio', 'SM77')
                """)
            let fields: [(name: String, value: String)] = [
                ("MessageSid", "SM77"), ("MessageStatus", "undelivered"), ("ErrorCode", "30003"),
                ("To", "+31612345678"), ("From", ""),
            ]
            let url = "http://127.0.0.1/v1/delivery-reports/\(twilio.id.text)"
            let signed = fields.sorted { $0.name < $1.name }.reduce(url) { $0 + $1.name + $1.value }
            let tag = HMAC.authenticate(
                Array(signed.utf8), key: Secret(Array("12345".utf8)), digest: .sha1)
            for (change, status) in [("&Extra=1", 401), ("", 204)] {
                let answer = try await service.client.send(
                    "POST", "/v1/delivery-reports/\(twilio.id.text)",
                    headers: [
                        ("Content-Type", "application/x-www-form-urlencoded"),
                        ("X-Twilio-Signature", Data(tag).base64EncodedString()),
                    ], body: FormBody.encode(fields) + Array(change.utf8))
                #expect(answer.status == status)
            }
            let rows = try await service.database.rows(
                "select state, reason from message where message_id = '\(message)'")
            #expect(rows == [["failed", "phone_unreachable"]])
        }
    }

    @Test func `the practice's own system reports by a signed webhook`() async throws {
        try await run { service, peer, _ in
            let webhook = try await setLadder(
                [
                    """
                    {"name": "own", "type": "webhook",
                     "secret": "\(ConformingChannel.webhookSecret)",
                     "settings": {"url": "\(peer.origin)/hooks"}}
                    """
                ], of: service.practice, peer, service)[0]
            let id = try await sent(service)
            #expect(try await code(id, service)["gateway"].string == "own")
            let message = try #require(peer.requests.last?.json?["data"]["id"].string)
            let body = Array(
                #"{"type": "message.delivered", "data": {"id": "\#(message)"}}"#.utf8)
            let signer = try #require(
                StandardWebhook(Secret(ConformingChannel.webhookSecret)))
            for (age, status) in [(301.0, 401), (0, 204)] {
                let headers = signer.headers(id: "r1", sentAt: Date() - age, body: body)
                let answer = try await service.client.send(
                    "POST", "/v1/delivery-reports/\(webhook.id.text)",
                    headers: headers.map { ($0.name, $0.value) }
                        + [("Content-Type", "application/json")], body: body)
                #expect(answer.status == status)
            }
            #expect(try await code(id, service)["delivery"].string == "delivered")
        }
    }

    @Test func `what can't be read is refused, and only its sender learns why`() async throws {
        try await run { service, _, gateway in
            let path = "/v1/delivery-reports/\(gateway.id.text)"
            func refusal(_ answer: HTTPAnswer) -> [String] {
                ["\(answer.status)", answer.problem ?? ""]
            }
            for (json, expected) in [
                (#"{"id": "G-1""#, ["400", "body-malformed"]),
                (#"{"id": "G-1"}"#, ["422", "field-invalid"]),
                (#"{"status": "ok"}"#, ["422", "field-invalid"]),
                (#"{"id": "G-none", "status": "ok"}"#, ["204", ""]),
                (#"{"id": "G-1", "status": "on its way"}"#, ["204", ""]),
            ] {
                #expect(refusal(try await report(json, to: gateway, of: service)) == expected)
            }
            let unsigned = try await service.client.send(
                "POST", path, headers: [("Content-Type", "application/json")],
                body: Array(#"{"id": "G-1""#.utf8))
            #expect(refusal(unsigned) == ["401", "signature-invalid"])
            for unknown in [UUID().uuidString.lowercased(), "1"] {
                let answer = try await service.client.send(
                    "POST", "/v1/delivery-reports/\(unknown)",
                    headers: [("Content-Type", "application/json")], body: Array("{}".utf8))
                #expect(refusal(answer) == ["401", "signature-invalid"])
            }
            let plain = try await service.client.send(
                "POST", path, headers: [("Content-Type", "text/plain")], body: [65])
            #expect(refusal(plain) == ["415", "media-type-unsupported"])
            let long = try await report(
                String(repeating: " ", count: 16_385), to: gateway, of: service)
            #expect(refusal(long) == ["413", "body-too-large"])
        }
        try await DetachedService.run { client in
            let answer = try await client.send(
                "POST", "/v1/delivery-reports/\(UUID().uuidString.lowercased())",
                headers: [("Content-Type", "application/json")], body: Array("{}".utf8))
            #expect(answer.status == 503)
        }
    }
}
