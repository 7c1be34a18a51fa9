import Foundation
import Testing

@testable import Auth

/// A refusal for now (429) is not kept: the same request is worth asking again (Z-24).
@Suite struct IdempotentWaitTests {
    @Test func `a throttled login goes through under the same key once the wait is over`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            for _ in 1...5 {
                _ = try await service.login(person, password: "wrong", ip: "192.0.2.6")
            }
            for _ in 1...2 {
                let refused = try await service.login(
                    person, ip: "192.0.2.6", idempotencyKey: "key-1")
                #expect(refused.problem == "login-throttled")
            }
            try await service.travel(31)
            let later = try await service.login(person, ip: "192.0.2.6", idempotencyKey: "key-1")
            #expect(later.status == 201)
        }
    }

    @Test func `a resend that came too soon goes through under the same key later`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let login = try await service.begin(person)
            let path = "/v1/logins/\(login.id)/codes"
            let soon = try await service.send("POST", path, idempotencyKey: "key-1")
            #expect(soon.problem == "resend-too-soon")
            try await service.travel(31)
            #expect(try await service.send("POST", path, idempotencyKey: "key-1").status == 201)
        }
    }

    @Test func `a destination that had its sends gets one under the same key an hour later`()
        async throws
    {
        var settings = TestService.Settings()
        settings.sendsPerHour = 1
        try await TestService.run(settings) { service in
            let person = try await service.person()
            _ = try await service.begin(person)
            let refused = try await service.login(person, idempotencyKey: "key-1")
            #expect(refused.problem == "sends-exhausted")
            try await service.travel(3601)
            #expect(try await service.login(person, idempotencyKey: "key-1").status == 201)
        }
    }

    @Test func `a login without a mailbox goes through under the same key when there is one`()
        async throws
    {
        try await TestService.run { service in
            var person = try await service.person(extra: ["email_confirmed": false])
            person.identifier = person.username
            let refused = try await service.login(person, idempotencyKey: "key-1")
            #expect(refused.problem == "factor-unavailable")
            try await service.database.execute(
                "update contact set confirmed_at = clock_timestamp()")
            #expect(try await service.login(person, idempotencyKey: "key-1").status == 201)
        }
    }

    @Test func `spent guesses are looked at anew under the same key`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let login = try await service.begin(person)
            for guess in 1...5 {
                _ = try await service.verify(login.id, TestService.wrong(login.code, guess))
            }
            let refused = try await service.verify(login.id, login.code, idempotencyKey: "key-1")
            #expect(refused.problem == "code-attempts-exhausted")
            #expect(try await service.database.count("idempotency", where: "true") == 0)
            // A newer login makes it another answer; a kept one would still say 429.
            _ = try await service.begin(person)
            let later = try await service.verify(login.id, login.code, idempotencyKey: "key-1")
            #expect(later.problem == "code-superseded")
        }
    }
}
