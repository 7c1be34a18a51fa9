import Testing

@testable import Auth

/// What operations see of sign-ins and codes, by outcome.
@Suite struct LoginMetricTests {
    @Test func `logins and codes are counted by what became of them`() async throws {
        try await TestService.run(.onItsOwn) { service in
            let housekeeper = service.service.housekeeper
            try #require(try await housekeeper.round() != nil)
            let person = try await service.person()
            for _ in 1...5 { _ = try await service.login(person, password: "x", ip: "10.7.0.1") }
            #expect(try await service.login(person, ip: "10.7.0.1").problem == "login-throttled")
            let first = try await service.begin(person)
            #expect(try await service.verify(first.id, TestService.wrong(first.code)).status == 422)
            #expect(try await service.verify(first.id, first.code).status == 200)
            // One that is replaced, one that nobody types, one that is given up.
            _ = try await service.begin(person)
            _ = try await service.begin(person)
            let other = try await service.begin(try await service.person())
            #expect(try await service.send("DELETE", "/v1/logins/\(other.id)").status == 204)
            #expect(try await Self.count(service, "codes", "expired") == 0)
            try await service.travel(601)
            for _ in 1...2 { try #require(try await housekeeper.round() != nil) }

            for (outcome, count) in [
                ("refused", 5), ("throttled", 1), ("started", 4), ("completed", 1),
            ] {
                #expect(try await Self.count(service, "logins", outcome) == count, "\(outcome)")
            }
            for (outcome, count) in [
                ("sent", 4), ("verified", 1), ("incorrect", 1), ("expired", 1),
            ] {
                #expect(try await Self.count(service, "codes", outcome) == count, "\(outcome)")
            }
        }
    }

    private static func count(
        _ service: TestService, _ what: String, _ outcome: String
    ) async throws -> Int? {
        let name = "auth_\(what)_total{outcome=\"\(outcome)\"} "
        return try await service.internalInstances[0].send("GET", "/metrics").text
            .split(separator: "\n").first { $0.hasPrefix(name) }
            .flatMap { Int($0.dropFirst(name.count)) }
    }
}
