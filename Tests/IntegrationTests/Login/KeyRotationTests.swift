import Cryptography
import Foundation
import Synchronization
import Testing

@testable import Auth

/// A ring's new key becomes current, and nobody notices (Z-32).
@Suite struct KeyRotationTests {
    /// Two instances that know both keys: the first still makes what is new with the old one.
    private static func run(
        _ body: @escaping @Sendable (TestService) async throws -> Void
    ) async throws {
        let (old, new) = (try Self.key(), try Self.key())
        func ring(_ current: String) -> String {
            #"{"current":"\#(current)","keys":{"k1":"\#(old)","k2":"\#(new)"}}"#
        }
        let rings = [ring("k1"), ring("k2")]
        let made = Mutex(0)
        var settings = TestService.Settings(instances: 2)
        settings.configure = { configuration in
            let number = made.withLock { made in
                defer { made += 1 }
                return made
            }
            configuration.keys = Secret(rings[number])
        }
        try await TestService.run(settings, body)
    }

    private static func key() throws -> String {
        let ring = try JSON(parsing: Array(KeyRing.generate().utf8))
        return try #require(ring["keys"]["k1"].string)
    }

    @Test func `an account is found under the old key, and kept under the new one`() async throws {
        try await Self.run { service in
            let person = try await service.person()
            let index = "select encode(value_index, 'hex') from identifier where kind = 'email'"
            let before = try await service.database.value(index)
            let wrong = try await service.login(person, password: "x", instance: 1)
            #expect(wrong.problem == "login-refused")
            #expect(try await service.database.value(index) == before)
            #expect(try await service.login(person, instance: 1).status == 201)
            #expect(try await service.database.value(index) != before)
            // An instance that has not heard of it yet goes on as well.
            #expect(try await service.login(person, instance: 0).status == 201)
        }
    }

    @Test func `a known network stays known`() async throws {
        try await Self.run { service in
            let person = try await service.person()
            _ = try await service.signIn(person, ip: "203.0.113.20")
            try await service.database.execute("update account set strange_failures = 100")
            let strange = try await service.login(person, ip: "203.0.113.21", instance: 1)
            #expect(strange.problem == "login-refused")
            #expect(try await service.login(person, ip: "203.0.113.20", instance: 1).status == 201)
        }
    }

    @Test func `a repeated request is known, and another one under its key too`() async throws {
        try await Self.run { service in
            let person = try await service.person()
            let first = try await service.login(person, idempotencyKey: "rotation-1")
            let again = try await service.login(person, idempotencyKey: "rotation-1", instance: 1)
            #expect(first.status == 201)
            #expect(again.body == first.body)
            let other = try await service.login(
                person, password: "y", idempotencyKey: "rotation-1", instance: 1)
            #expect(other.problem == "idempotency-key-reused")
            #expect(try await service.database.count("login", where: "true") == 1)
        }
    }

    @Test func `a parent's successor is the same whichever instance makes it`() async throws {
        try await Self.run { service in
            let first = try await service.tokens(of: service.person())
            let successors = try await [1, 0, 1].asyncMap {
                try TestService.TokenPair(
                    await service.refresh(first.refresh, instance: $0).json()
                ).refresh
            }
            #expect(Set(successors).count == 1)
            let next = try await service.refresh(successors[0], instance: 1)
            #expect(next.status == 200)
        }
    }

    @Test func `a name that was taken under the old key is taken`() async throws {
        try await Self.run { service in
            let name = AccountLine.name()
            _ = try await service.importLine(AccountLine.with(["email": .absent], name: name))
            let line = String(
                decoding: JSON.object(try AccountLine.with(name: name)).bytes, as: UTF8.self)
            let report = try await service.importText(line, instance: 1).json()
            #expect(report["results"][0]["field"] == "username")
        }
    }
}

extension Sequence {
    /// The results of an operation for each element, one after the other.
    fileprivate func asyncMap<Result>(
        _ transform: (Element) async throws -> Result
    ) async throws -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}
