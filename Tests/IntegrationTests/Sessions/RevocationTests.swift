import Foundation
import Testing

@testable import Auth

/// Signing out (RFC 7009): always 200, and at once everywhere.
@Suite struct RevocationTests {
    enum Kind: String, CaseIterable, Sendable {
        case access, refresh, parent
    }

    @Test(arguments: Kind.allCases)
    func `either token ends the session on every instance at once`(kind: Kind) async throws {
        var settings = TestService.Settings()
        settings.instances = 2
        try await TestService.run(settings) { service in
            let first = try await service.tokens(of: try await service.person())
            let pair = try TestService.TokenPair(try await service.refresh(first.refresh).json())
            #expect(try await service.isActive(pair.access, instance: 1))
            let token =
                switch kind {
                case .access: pair.access
                case .refresh: pair.refresh
                case .parent: first.refresh
                }
            let revoked = try await service.revoke(token, instance: 0)
            #expect(revoked.status == 200)
            #expect(revoked.text == "{}")
            for instance in 0...1 {
                #expect(try await !service.isActive(pair.access, instance: instance))
                #expect(try await !service.isActive(pair.refresh, instance: instance))
                let refreshed = try await service.refresh(pair.refresh, instance: instance)
                #expect(refreshed.problem == "token-invalid")
            }
            let again = try await service.revoke(token, instance: 1)
            #expect(again.status == 200)
            #expect(again.text == "{}")
            #expect(
                try await service.database.count(
                    "audit", where: "event = 'session-ended' and reason = 'revoked'") == 1)
        }
    }

    @Test func `it says nothing of a token that is none`() async throws {
        try await TestService.run { service in
            for token in ["x", "par_AAAA", "a.b.c", String(repeating: "é", count: 1000)] {
                let answer = try await service.revoke(token)
                #expect(answer.status == 200)
                #expect(answer.text == "{}")
            }
            #expect(
                try await service.database.count("audit", where: "event = 'session-ended'") == 0)
        }
    }

    @Test func `another client and another practice revoke nothing`() async throws {
        try await TestService.run { service in
            let pair = try await service.tokens(of: try await service.person())
            for key in [service.secondKey, service.foreignKey] {
                for token in [pair.access, pair.refresh] {
                    #expect(try await service.revoke(token, key: key).text == "{}")
                }
            }
            #expect(try await service.isActive(pair.access))
            #expect(try await service.refresh(pair.refresh).status == 200)
        }
    }

    @Test func `one session's end leaves the person's other sessions alone`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let first = try await service.tokens(of: person)
            let second = try await service.tokens(of: person)
            _ = try await service.revoke(first.access)
            #expect(try await !service.isActive(first.access))
            #expect(try await service.isActive(second.access))
        }
    }

    @Test func `tokens in the query are not looked at`() async throws {
        try await TestService.run { service in
            let pair = try await service.tokens(of: try await service.person())
            let introspected = try await service.send(
                "POST", "/v1/tokens/introspect?token=\(pair.access)", json: ["token": "x"])
            #expect(introspected.text == #"{"active":false}"#)
            let revoked = try await service.send(
                "POST", "/v1/tokens/revoke?token=\(pair.refresh)", json: ["token": "x"])
            #expect(revoked.status == 200)
            let refreshed = try await service.send(
                "POST", "/v1/tokens/refresh?refresh_token=\(pair.refresh)", json: .object([:]))
            #expect(refreshed.problem == "field-invalid")
            let keyed = try await service.client.send(
                "POST", "/v1/tokens/introspect?api_key=\(service.key)",
                json: ["token": .string(pair.access)])
            #expect(keyed.problem == "api-key-invalid")
            #expect(try await service.isActive(pair.access))
            #expect(try await service.refresh(pair.refresh).status == 200)
        }
    }
}
