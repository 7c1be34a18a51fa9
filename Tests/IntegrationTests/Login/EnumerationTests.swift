import Foundation
import Testing

@testable import Auth

/// Before the password is proven, one answer for everybody, in the same time (P9, Z-17, Z-20).
@Suite(.serialized) struct EnumerationTests {
    @Test
    func `unknown, wrong, disabled, shared, closed and foreign differ in nothing but their ids`()
        async throws
    {
        try await TestService.run { service in
            let attempts = try await Self.attempts(service)
            var shapes: Set<String> = []
            for attempt in attempts {
                let answer = try await service.login(
                    attempt.person, password: attempt.password, ip: "192.0.2.1")
                #expect(answer.status == 403, "\(attempt.name)")
                shapes.insert(Self.withoutIDs(answer))
            }
            #expect(shapes.count == 1)
        }
    }

    @Test func `their medians lie within 1.35 of one another`() async throws {
        try await TestService.run { service in
            let attempts = try await Self.attempts(service)
            var times: [String: [Duration]] = [:]
            for round in 1...9 {
                for attempt in attempts {
                    let answer = try await service.login(
                        attempt.person, password: attempt.password, ip: "10.9.\(round).1")
                    #expect(answer.problem == "login-refused")
                    times[attempt.name, default: []].append(answer.duration)
                }
            }
            let medians = times.mapValues { $0.sorted()[$0.count / 2] }
            let fastest = try #require(medians.values.min())
            let slowest = try #require(medians.values.max())
            #expect(slowest / fastest <= 1.35, "\(medians)")
        }
    }

    struct Attempt: Sendable {
        let name: String
        let person: Person
        let password: String
    }

    /// Seven people whom nothing may tell apart; the last four with the right password.
    static func attempts(_ service: TestService) async throws -> [Attempt] {
        let known = try await service.person()
        let dear = try await service.person(
            extra: ["password_hash": .string(ImportedHashTests.forms[0])])
        var unknown = known
        unknown.identifier = "nobody-\(known.username)@example.nl"
        let disabled = try await service.person(extra: ["disabled": true])
        var shared = try await service.person(email: "family-\(known.username)@example.nl")
        _ = try await service.person(email: shared.email)
        shared.identifier = shared.email
        // Refused unseen, after the mail of its first refusal.
        let closed = try await service.person()
        try await service.close(closed)
        let foreign = try await service.person(in: service.foreignKey)
        return [
            Attempt(name: "unknown", person: unknown, password: known.password),
            Attempt(name: "wrong", person: known, password: "not-the-password"),
            Attempt(name: "wrong, dear hash", person: dear, password: "not-the-password"),
            Attempt(name: "disabled", person: disabled, password: disabled.password),
            Attempt(name: "shared", person: shared, password: shared.password),
            Attempt(name: "closed", person: closed, password: closed.password),
            Attempt(name: "other practice", person: foreign, password: foreign.password),
        ]
    }

    /// Status, headers and body with the request's id and date blotted out.
    static func withoutIDs(_ answer: HTTPAnswer) -> String {
        let id = answer.header("X-Request-Id") ?? "none"
        let headers = answer.headers
            .filter { !["x-request-id", "date"].contains($0.0.lowercased()) }
            .map { "\($0.0): \($0.1)" }.joined(separator: "\n")
        return "\(answer.status)\n\(headers)\n"
            + answer.text.replacingOccurrences(of: id, with: "id")
    }
}
