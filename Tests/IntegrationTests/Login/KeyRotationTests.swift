import Cryptography
import Foundation
import Testing

@testable import Auth

/// A ring's new key becomes current, and nobody notices (Z-32).
@Suite struct KeyRotationTests {
    /// Two instances that know both keys: for the second the new one's time has come.
    private static func run(
        _ body: @escaping @Sendable (TestService) async throws -> Void
    ) async throws {
        let (old, new) = (try Self.key(), try Self.key())
        let turn = (Date() + 200).formatted(.iso8601)
        let ring =
            #"{"current":"k1","keys":{"k1":"\#(old)","k2":"\#(new)"},"next":"k2","from":"\#(turn)"}"#
        var settings = TestService.Settings(instances: 2)
        settings.configure = { $0.keys = Secret(ring) }
        settings.clock = { Date() + Double($0) * 300 }
        try await TestService.run(settings, body)
    }

    private static func key() throws -> String {
        let ring = try JSON(parsing: Array(KeyRing.generate().utf8))
        return try #require(ring["keys"]["k1"].string)
    }

    @Test func `an account is found under both keys, and kept under the new one alone`()
        async throws
    {
        try await Self.run { service in
            let person = try await service.person()
            let keys = """
                select string_agg(key_id, ',' order by key_id) from identifier where kind = 'email'
                """
            #expect(try await service.database.value(keys) == "k1,k2")
            for instance in 0...1 {
                #expect(try await service.login(person, instance: instance).status == 201)
            }
            _ = try await service.services[1].rekeying.rekey()
            #expect(try await service.database.value(keys) == "k2")
            for instance in 0...1 {
                #expect(try await service.login(person, instance: instance).status == 201)
            }
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

    @Test func `a sign-in that is asked for again gets its tokens again, and they work`()
        async throws
    {
        try await Self.run { service in
            for instance in 0...1 {
                let login = try await service.begin(service.person())
                let answers = try await [instance, 1 - instance].asyncMap {
                    try await service.verify(
                        login.id, login.code, idempotencyKey: "again-\(instance)", instance: $0)
                }
                let tokens = try answers.map {
                    try TestService.TokenPair($0.json()["tokens"]).refresh
                }
                #expect(tokens[0] == tokens[1])
                #expect(try await service.refresh(tokens[1], instance: instance).status == 200)
            }
        }
    }

    @Test func `a newer code voids an older one`() async throws {
        try await Self.run { service in
            let address = TestService.freshAddress()
            let first = try await service.issue(to: address, instance: 0)
            try await service.travel(40)
            let second = try await service.issue(to: address, instance: 1)
            let old = try await service.check(first.id, first.digits, instance: 1)
            #expect(old.problem == "code-superseded")
            let new = try await service.check(second.id, second.digits, instance: 0)
            #expect(new.status == 200)
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
