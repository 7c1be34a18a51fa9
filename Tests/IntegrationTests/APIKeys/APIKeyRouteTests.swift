import Cryptography
import Foundation
import Testing

@testable import Auth

/// A practice makes, lists and revokes the keys of its own clients (Z-8, Z-9, X2).
@Suite struct APIKeyRouteTests {
    @Test func `a key is made for a client by naming it, works, and is shown once`() async throws {
        try await TestService.run { service in
            let answer = try await service.create(
                ["client": "pharmacy", "scopes": ["logins", "support"]])
            #expect(answer.status == 201, "\(answer.text)")
            let made = try answer.json()
            let key = try #require(made["key"].string)
            let id = try #require(made["id"].string)
            #expect(key.hasPrefix("pak_" + id.suffix(12)))
            #expect(made["scopes"] == ["logins", "support"] && made["revoked_at"] == .null)
            #expect(
                try await service.send("GET", "/v1/logins/\(UUID())", key: key).status == 404)
            #expect(try await service.send("GET", "/v1/practice", key: key).status == 403)

            let list = try await service.send("GET", "/v1/api-keys")
            #expect(list.status == 200 && !list.text.contains("pak_"))
            let listed = try list.json()["data"].array
            #expect(listed.map { $0["client"].string } == ["pharmacy", "messenger", "portal"])
            #expect(listed.first?["last_used_at"].string != nil)
            #expect(listed.first?["client_id"] == made["client_id"])
            #expect(try list.json()["next_cursor"] == .null)
            #expect(try await service.auditors("key-created", object: id) == ["portal"])
            let client = try #require(made["client_id"].string)
            #expect(try await service.auditors("client-created", object: client) == ["portal"])
        }
    }

    @Test func `a key grants only scopes it has`() async throws {
        try await TestService.run { service in
            let poor = try await service.key(scopes: [.keys, .codesVerify])
            for scope in Scope.allCases {
                let asked: Set<Scope> = [.codesVerify, scope]
                let answer = try await service.create(
                    [
                        "client": .string("by-\(scope.rawValue)"),
                        "scopes": .array(asked.map { .string($0.rawValue) }),
                    ], key: poor)
                let allowed = scope == .keys || scope == .codesVerify
                #expect(answer.status == (allowed ? 201 : 403), "\(scope)")
                if !allowed { #expect(answer.problem == "scope-missing") }
            }
            // What was refused made no client either.
            #expect(try await service.database.count("client", where: "name like 'by-%'") == 2)
        }
    }

    @Test func `a client has at most two live keys, also when asked for in parallel`()
        async throws
    {
        var settings = TestService.Settings()
        settings.instances = 2
        try await TestService.run(settings) { service in
            let body: JSON = ["client": "pharmacy", "scopes": ["logins"]]
            let answers = try await parallel(8) { number in
                try await service.create(body, instance: number)
            }
            #expect(answers.count { $0.status == 201 } == 2)
            #expect(answers.count { $0.problem == "too-many-keys" } == 6)
            #expect(try await service.database.count("client", where: "name = 'pharmacy'") == 1)
            let first = try #require(answers.first { $0.status == 201 }).json()["id"].string ?? ""
            #expect(try await service.send("DELETE", "/v1/api-keys/\(first)").status == 204)
            #expect(try await service.create(body).status == 201)
            #expect(try await service.create(body).problem == "too-many-keys")
            // The other practice's client of the same name is another.
            #expect(try await service.create(body, key: service.foreignKey).status == 201)
        }
    }

    @Test func `a revoked key stops, and what its client began goes on with the other`()
        async throws
    {
        var settings = TestService.Settings()
        settings.instances = 2
        try await TestService.run(settings) { service in
            let made = try await service.create(["client": "portal", "scopes": ["logins"]]).json()
            let key = try #require(made["key"].string)
            let path = "/v1/api-keys/\(made["id"].string ?? "")"
            let person = try await service.person()
            let login = try await service.login(person, key: key).json()["id"].string ?? ""
            #expect(
                try await service.send("GET", "/v1/logins/\(login)", key: key, instance: 1).status
                    == 200)
            #expect(try await service.send("DELETE", path).status == 204)
            let refused = try await service.send("GET", "/v1/logins/\(login)", key: key)
            #expect(refused.problem == "api-key-invalid")
            try await eventually(within: .seconds(3)) {
                try await service.send("GET", "/v1/logins/\(login)", key: key, instance: 1)
                    .problem == "api-key-invalid"
            }
            #expect(try await service.send("GET", "/v1/logins/\(login)").status == 200)
            // Again: it is revoked, and nothing more happened.
            #expect(try await service.send("DELETE", path).status == 204)
            let id = made["id"].string ?? ""
            #expect(try await service.auditors("key-revoked", object: id) == ["portal"])
            let listed = try await service.send("GET", "/v1/api-keys").json()["data"].array
            #expect(listed.first { $0["id"].string == id }?["revoked_at"].string != nil)
        }
    }

    @Test func `every fault of a key is named`() async throws {
        try await TestService.run { service in
            let faults: [(JSON, [String])] = [
                ([:], ["/client required", "/scopes required"]),
                (["client": " x", "scopes": []], ["/client wrong-format", "/scopes too-short"]),
                (
                    ["client": "x", "scopes": ["admin", "logins", "logins", 1]],
                    ["/scopes/0 not-allowed", "/scopes/2 duplicate", "/scopes/3 wrong-type"]
                ),
                (
                    ["client": "x", "scopes": ["logins"], "expires_at": "2020-01-01T00:00:00Z"],
                    ["/expires_at out-of-range"]
                ),
                (
                    ["client": "x", "scopes": ["logins"], "expires_at": "2199-01-01T00:00:00Z"],
                    ["/expires_at out-of-range"]
                ),
                (
                    ["client": "x", "scopes": ["logins"], "expires_at": "2027-02-30T00:00:00Z"],
                    ["/expires_at wrong-format"]
                ),
                (
                    ["client": "x", "scopes": ["logins"], "expires_at": "tomorrow", "key": "k"],
                    ["/expires_at wrong-format", "/key unknown"]
                ),
            ]
            for (body, expected) in faults {
                let answer = try await service.create(body)
                #expect(answer.status == 422)
                let named = try answer.json()["errors"].array.map {
                    "\($0["pointer"].string ?? "") \($0["code"].string ?? "")"
                }
                #expect(named.sorted() == expected.sorted())
            }
            let cursor = try await service.send("GET", "/v1/api-keys?cursor=x")
            #expect(cursor.status == 400 && cursor.problem == "query-invalid")
        }
    }

    @Test func `a key ends when it was asked to`() async throws {
        try await TestService.run { service in
            let end = Date().addingTimeInterval(86_400).rfc3339
            let made = try await service.create(
                ["client": "pharmacy", "scopes": ["logins"], "expires_at": .string(end)])
            #expect(try made.json()["expires_at"].string == end)
            let key = try #require(try made.json()["key"].string)
            #expect(
                try await service.send("GET", "/v1/logins/\(UUID())", key: key).status == 404)
            try await service.travel(86_401)
            try await eventually {
                try await service.send("GET", "/v1/logins/\(UUID())", key: key).problem
                    == "api-key-invalid"
            }
        }
    }

    @Test func `a long list comes a page at a time, newest first, each key once`() async throws {
        try await TestService.run { service in
            try await service.database.execute(
                """
                insert into api_key (practice_id, key_id, client_id, key_hash, scopes, expires_at)
                select practice_id, time_ordered_uuid(), client_id,
                       sha256(n::text::bytea || uuid_send(client_id)), '{logins}',
                       clock_timestamp() - interval '1 hour'
                from client
                cross join generate_series(1, 130) as n
                """)
            var seen: [String] = []
            var cursor: String?
            repeat {
                let query = cursor.map { "?cursor=\($0)" } ?? ""
                let page = try await service.send("GET", "/v1/api-keys\(query)").json()
                seen += page["data"].array.compactMap { $0["id"].string }
                cursor = page["next_cursor"].string
            } while cursor != nil
            #expect(seen.count == 262 && Set(seen).count == 262)
            #expect(seen == seen.sorted(by: >))
        }
    }

    @Test func `a repeated request gets the same key for a minute, while it is good`()
        async throws
    {
        try await TestService.run { service in
            let body: JSON = ["client": "pharmacy", "scopes": ["logins"]]
            let first = try await service.create(body, idempotencyKey: "key-1")
            let again = try await service.create(body, idempotencyKey: "key-1")
            #expect(first.status == 201 && again.status == 201)
            #expect(again.body == first.body)
            let other = try await service.create(
                ["client": "other", "scopes": ["logins"]], idempotencyKey: "key-1")
            #expect(other.status == 422 && other.problem == "idempotency-key-reused")
            #expect(try await service.database.count("client", where: "name = 'other'") == 0)
            // The database alone can't say the key.
            let key = try #require(try first.json()["key"].string)
            let kept = try await service.database.rows("select outcome::text from idempotency")
            #expect(!kept.joined().contains { $0?.contains(key) == true })
            #expect(
                !kept.joined().contains { row in
                    let hex = key.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
                    return row?.contains(hex.joined()) == true
                })
            try await service.travel(61)
            let late = try await service.create(body, idempotencyKey: "key-1")
            #expect(late.status == 409 && late.problem == "idempotency-secret-gone")
            #expect(
                try await service.database.count(
                    "api_key join client using (practice_id, client_id)",
                    where: "client.name = 'pharmacy'") == 1)
            let second = try await service.create(body, idempotencyKey: "key-2")
            let id = try second.json()["id"].string ?? ""
            #expect(try await service.send("DELETE", "/v1/api-keys/\(id)").status == 204)
            let revoked = try await service.create(body, idempotencyKey: "key-2")
            #expect(revoked.problem == "idempotency-secret-gone")
        }
    }

    @Test func `one request sent many times at once makes one key`() async throws {
        var settings = TestService.Settings()
        settings.instances = 2
        try await TestService.run(settings) { service in
            let answers = try await parallel(8) { number in
                try await service.create(
                    ["client": "pharmacy", "scopes": ["logins"]], idempotencyKey: "key-1",
                    instance: number)
            }
            #expect(answers.allSatisfy { $0.status == 201 })
            #expect(Set(answers.map(\.text)).count == 1)
            // Under one key two things are asked for: one is done, as a whole.
            let mixed = try await parallel(8) { number in
                try await service.create(
                    ["client": .string("mixed-\(number % 2)"), "scopes": ["logins"]],
                    idempotencyKey: "key-2", instance: number)
            }
            #expect(mixed.count { $0.status == 201 } == 4)
            #expect(mixed.count { $0.problem == "idempotency-key-reused" } == 4)
            #expect(try await service.database.count("client", where: "name like 'mixed-%'") == 1)
        }
    }
}

extension TestService {
    func create(
        _ body: JSON, key: String? = nil, idempotencyKey: String? = nil, instance: Int = 0
    ) async throws -> HTTPAnswer {
        try await send(
            "POST", "/v1/api-keys", json: body, key: key, idempotencyKey: idempotencyKey,
            instance: instance)
    }

    /// The names of the clients that did this to that.
    fileprivate func auditors(_ event: String, object: String) async throws -> [String?] {
        try await database.rows(
            """
            select client.name
            from audit
            join client using (practice_id, client_id)
            where audit.event = '\(event)'
              and audit.object_id = '\(object)'
            """
        ).map { $0[0] }
    }
}
