import Cryptography
import Foundation
import Testing

@testable import Auth

/// Who may call, and for how long (Z-8, Z-9, X1, X2).
@Suite struct APIKeyUseTests {
    @Test func `without a good key nothing is answered, and every bad one is refused alike`()
        async throws
    {
        try await TestService.run { service in
            let good = service.key
            let other = good.last == "0" ? "1" : "0"
            let neverMade = APIKey.random(id: UUID()).text.expose()
            let bad = [
                "", " ", "x", good.dropLast() + other, good + "0", good.uppercased(),
                neverMade, "Bearer \(good)", String(repeating: "k", count: 300),
            ]
            for key in bad {
                let answer = try await service.send("GET", "/v1/logins/\(UUID())", key: key)
                #expect(answer.status == 401)
                #expect(answer.problem == "api-key-invalid")
            }
            let none = try await service.client.send("GET", "/v1/logins/\(UUID())")
            #expect(none.problem == "api-key-invalid")
            let twice = try await service.client.send(
                "GET", "/v1/logins/\(UUID())",
                headers: [("X-API-Key", good), ("X-API-Key", service.secondKey)])
            #expect(twice.problem == "api-key-invalid")
            #expect(try await service.send("GET", "/v1/logins/\(UUID())").status == 404)
        }
    }

    @Test(arguments: ["revoked_at = clock_timestamp()", "expires_at = clock_timestamp()"])
    func `a key that was revoked or has expired stops on every instance within a second`(
        change: String
    ) async throws {
        var settings = TestService.Settings()
        settings.instances = 2
        try await TestService.run(settings) { service in
            for instance in 0...1 {
                let answer = try await service.send(
                    "GET", "/v1/logins/\(UUID())", instance: instance)
                #expect(answer.status == 404)
            }
            try await service.database.execute("update api_key set \(change)")
            let changed = ContinuousClock.now
            for instance in 0...1 {
                try await eventually {
                    try await service.send("GET", "/v1/logins/\(UUID())", instance: instance)
                        .problem == "api-key-invalid"
                }
            }
            // A second, and what two busy cores take for the last question.
            #expect(ContinuousClock.now - changed < .seconds(3))
        }
    }

    @Test func `a client has at most two live keys, also when asked for in parallel`()
        async throws
    {
        try await TestService.run { service in
            let administration = service.service.administration
            let client = try await administration.createClient(
                practice: service.practice, name: "pharmacy")
            let made = try await parallel(6) { _ in
                do {
                    let key = try await administration.createKey(
                        practice: service.practice, client: client, scopes: ["logins"])
                    return key.expose() as String?
                } catch Administration.Refusal.tooManyKeys {
                    return nil
                }
            }
            let keys = made.compactMap(\.self)
            #expect(keys.count == 2)
            for key in keys {
                #expect(
                    try await service.send("GET", "/v1/logins/\(UUID())", key: key).status == 404)
            }
            // One that is revoked makes room for the next.
            try await service.database.execute(
                """
                update api_key
                set revoked_at = clock_timestamp()
                where key_id = (
                    select key_id from api_key where client_id = '\(client.text)' limit 1)
                """)
            _ = try await administration.createKey(
                practice: service.practice, client: client, scopes: ["logins"])
        }
    }

    @Test func `what cannot be a key is not made`() async throws {
        try await TestService.run { service in
            let administration = service.service.administration
            let client = try await administration.createClient(
                practice: service.practice, name: "pharmacy")
            for (scopes, days) in [(["admin"], 30), ([], 30), (["logins"], 0), (["logins"], 366)] {
                await #expect(throws: Administration.Refusal.self) {
                    try await administration.createKey(
                        practice: service.practice, client: client, scopes: scopes,
                        lifeDays: days)
                }
            }
            await #expect(throws: Administration.Refusal.self) {
                try await administration.createKey(
                    practice: service.practice, client: UUID(), scopes: ["logins"])
            }
            await #expect(throws: Administration.Refusal.self) {
                try await administration.createClient(practice: service.practice, name: "pharmacy")
            }
        }
    }

    @Test func `the database keeps a key's SHA-256 and its life of at most a year`() async throws {
        try await TestService.run { service in
            let hash = SHA256.hash(Array(service.key.utf8))
                .map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            #expect(
                try await service.database.count(
                    "api_key",
                    where: """
                        key_hash = '\\x\(hash)'
                        and expires_at <= clock_timestamp() + interval '365 days'
                        """) == 1)
            let rows = try await service.database.execute("select api_key::text from api_key")
            #expect(!rows.joined().contains { $0?.contains("pak_") == true })
        }
    }

    @Test func `every key, client and practice that was made stands in the audit`() async throws {
        try await TestService.run { service in
            let rows = try await service.database.execute(
                """
                select event, count(*)
                from audit
                join (
                    select practice_id as object_id from practice
                    union all select client_id from client
                    union all select key_id from api_key
                ) as made using (object_id)
                where result = 'done'
                group by event
                order by event
                """)
            #expect(
                rows == [
                    ["client-created", "3"], ["key-created", "3"], ["practice-created", "2"],
                ])
        }
    }
}
