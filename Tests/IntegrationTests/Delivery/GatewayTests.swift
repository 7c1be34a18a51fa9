import Cryptography
import Foundation
import Postgres
import Testing

@testable import Auth

/// A practice's ladder as it is stored, and what of it can ever be read again (Z-25).
@Suite(.timeLimit(.minutes(1)))
struct GatewayTests {
    private func replace(
        _ outbox: OutboxFixture, _ json: String, kind: ChannelKind = .sms
    ) async throws -> [Gateway] {
        let ladder = try NewLadder.parsed(
            json, for: kind, hosts: ["api.twilio.com", "sms.example.no", "sms.example.no:8443"])
        try await outbox.database.run(
            ReplaceLadder(
                practice: outbox.practice, ladder: ladder, key: outbox.keys.sealingKey(.gateway)))
        return try await outbox.database.run(FindGateways(practice: outbox.practice))
    }

    private func twilio(
        _ name: String, host: String = "api.twilio.com", secret: String? = nil
    ) -> String {
        let secret = secret.map { ", \"secret\": \"\($0)\"" } ?? ""
        return """
            {"name": "\(name)", "type": "twilio"\(secret),
             "settings": {"url": "https://\(host)", "account": "AC1", "sender": "2077"}}
            """
    }

    private func secret(_ gateway: Gateway, _ outbox: OutboxFixture) -> String? {
        GatewaySecret.requests.opened(of: gateway, with: outbox.keys.sealingKey(.gateway))?.expose()
    }

    @Test func `a ladder is read back in its order, without its secrets`() async throws {
        try await OutboxFixture.run { outbox in
            let stored = try await replace(
                outbox, "[\(twilio("main", secret: "canary-1")), \(twilio("spare"))]")
            #expect(stored.map(\.name) == ["main", "spare"])
            #expect(stored.map { secret($0, outbox) } == ["canary-1", nil])
            let bodies = JSONValue.array(stored.map { .object($0.members) }).text
            #expect(!bodies.contains("canary-1"))
            #expect(bodies.contains(#""has_secret":true"#))
            #expect(bodies.contains(#""account":"AC1""#))
            let dump = try await outbox.owner.execute("select gateway::text from gateway")
            #expect(!"\(dump)".contains("canary-1"))
            #expect(!"\(dump)".contains("canary-1".utf8.map { String($0, radix: 16) }.joined()))
        }
    }

    @Test func `a gateway that keeps its name keeps id and secret, in whatever place`() async throws
    {
        try await OutboxFixture.run { outbox in
            let before = try await replace(
                outbox, "[\(twilio("main", secret: "one")), \(twilio("spare", secret: "two"))]")
            let after = try await replace(outbox, "[\(twilio("spare")), \(twilio("main"))]")
            #expect(after.map(\.name) == ["spare", "main"])
            #expect(after.map(\.id) == [before[1].id, before[0].id])
            #expect(after.map { secret($0, outbox) } == ["two", "one"])
            let changed = try await replace(outbox, "[\(twilio("main", secret: "three"))]")
            #expect(changed.map { secret($0, outbox) } == ["three"])
            #expect(try await replace(outbox, "[]") == [])
        }
    }

    @Test(arguments: ["sms.example.no", "sms.example.no:8443"])
    func `another host or port loses the secret`(host: String) async throws {
        try await OutboxFixture.run { outbox in
            _ = try await replace(outbox, "[\(twilio("main", secret: "one"))]")
            let moved = try await replace(outbox, "[\(twilio("main", host: host))]")
            #expect(moved.map { secret($0, outbox) } == [nil])
            #expect(moved.first?.sealedSecret == nil)
            let back = try await replace(outbox, "[\(twilio("main"))]")
            #expect(back.map { secret($0, outbox) } == [nil])
        }
    }

    @Test func `a secret that was moved to another row, or a row to another host, does not open`()
        async throws
    {
        try await OutboxFixture.run { outbox in
            _ = try await replace(outbox, "[\(twilio("main", secret: "one")), \(twilio("spare"))]")
            try await outbox.owner.execute(
                """
                update gateway set secret = (select secret from gateway where name = 'main')
                where name = 'spare'
                """)
            try await outbox.owner.execute(
                """
                update gateway set settings = jsonb_set(settings, '{url}', '"https://evil.example"')
                where name = 'main'
                """)
            let rows = try await outbox.database.run(FindGateways(practice: outbox.practice))
            #expect(rows.map { secret($0, outbox) } == [nil, nil])
        }
    }

    @Test func `the ladder of another kind or practice is not touched`() async throws {
        try await OutboxFixture.run { outbox in
            _ = try await replace(outbox, "[\(twilio("main", secret: "one"))]")
            let mail = try await replace(
                outbox, #"[{"name": "main", "type": "smtp", "settings": {}}]"#, kind: .email)
            #expect(mail.map(\.kind) == [.email, .sms])
            #expect(try await outbox.database.run(FindGateways(practice: UUID())) == [])
        }
    }
}
