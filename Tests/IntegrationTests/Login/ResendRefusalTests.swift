import Foundation
import Testing

@testable import Auth

/// Why a fresh code is not sent, or one can't be typed here.
@Suite struct ResendRefusalTests {
    @Test func `a factor that is not the account's is unknown`() async throws {
        try await TestService.run { service in
            let login = try await service.begin(try await service.person())
            let other: JSON = ["factor_id": .string(UUID().uuidString.lowercased())]
            let path = "/v1/logins/\(login.id)"
            let sent = try await service.send("POST", path + "/codes", json: other)
            #expect(sent.problem == "factor-unknown")
            let typed = try await service.send(
                "POST", path + "/verify", json: ["code": "123456", "factor_id": other["factor_id"]])
            #expect(typed.problem == "factor-unknown")
        }
    }

    @Test func `the login that a newer one voided sends nothing more`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let older = try await service.begin(person)
            _ = try await service.begin(person)
            let answer = try await service.send("POST", "/v1/logins/\(older.id)/codes")
            #expect(answer.problem == "code-superseded")
            #expect(service.mail.count(to: person.email) == 2)
        }
    }

    @Test func `a mailbox that is confirmed no longer gets no code`() async throws {
        try await TestService.run { service in
            let login = try await service.begin(try await service.person())
            try await service.database.execute("update contact set confirmed_at = null")
            let answer = try await service.send("POST", "/v1/logins/\(login.id)/codes")
            #expect(answer.problem == "factor-unavailable")
        }
    }

    @Test func `a resend refills neither the hour's guesses nor its sends`() async throws {
        var settings = TestService.Settings()
        settings.sendsPerHour = 3
        try await TestService.run(settings) { service in
            let person = try await service.person()
            let login = try await service.begin(person)
            for round in 1...3 {
                let newest = try await service.mail.message(round, to: person.email)
                for guess in 1...3 {
                    _ = try await service.verify(login.id, TestService.wrong(newest.code, guess))
                }
                try await service.travel(125)
                let resent = try await service.send("POST", "/v1/logins/\(login.id)/codes")
                if round < 3 {
                    #expect(resent.status == 201)
                } else {
                    #expect(resent.problem == "sends-exhausted")
                    _ = try await service.verify(login.id, TestService.wrong(newest.code, 4))
                    let spent = try await service.send("POST", "/v1/logins/\(login.id)/codes")
                    #expect(spent.problem == "code-attempts-exhausted")
                }
            }
        }
    }
}
