import Foundation
import Testing

@testable import Auth

/// Whoever reads of a change that was not theirs stops the account (Z-32).
@Suite struct FreezeTests {
    /// Somebody whose password was changed just now, with the code of the mail about it.
    private func warned(
        _ service: TestService
    ) async throws -> (person: Person, tokens: TestService.TokenPair, code: String) {
        var person = try await service.person()
        let tokens = try await service.tokens(of: person)
        let mails = service.mail.count(to: person.email)
        let password = "Herfst-in-de-Duinen-17!"
        let changed = try await service.changePassword(
            person, to: password, token: tokens.access)
        try #require(changed.status == 204, "\(changed.text)")
        person.password = password
        let mail = try await service.mail.message(mails + 1, to: person.email)
        return (person, tokens, mail.freezeCode)
    }

    @Test func `the code ends every sign-in at once, and nobody signs in any more`() async throws {
        try await TestService.run { service in
            let (person, tokens, code) = try await warned(service)
            let open = try await service.begin(person)
            let mails = service.mail.count(to: person.email)
            let frozen = try await service.freeze(code)
            #expect(frozen.status == 204, "\(frozen.text)")
            #expect(try await !service.isActive(tokens.access))
            #expect(try await !service.isActive(tokens.refresh))
            #expect(try await service.refresh(tokens.refresh).problem == "token-invalid")
            #expect(try await service.own("GET", token: tokens.access).problem == "token-invalid")
            #expect(try await service.verify(open.id, open.code).problem == "login-ended")
            #expect(try await service.login(person).problem == "login-refused")
            let account = try await service.database.rows(
                "select disabled_at is not null, frozen_at is not null from account")
            #expect(account == [["t", "t"]])
            let mail = try await service.mail.message(mails + 1, to: person.email)
            #expect(mail.text.contains("Uw account is geblokkeerd."))
            #expect(mail.text.contains("https://portal.example/recover"))
            #expect(mail.freezeCode.isEmpty)
            #expect(
                try await service.database.count(
                    "audit", where: "event = 'account-frozen' and account_id is not null") == 1)
            let live = try await service.database.count(
                "session", where: "ended_at is null or end_reason = ''")
            #expect(live == 0)
        }
    }

    @Test func `a wrong code, a used one and an old one get one answer and do nothing`()
        async throws
    {
        try await TestService.run { service in
            let (person, _, code) = try await warned(service)
            let foreign = try await service.freeze(code, key: service.foreignKey)
            let wrong = try await service.freeze("MadeUp-0123456789_abcdef")
            #expect(wrong.status == 404 && foreign.status == 404)
            #expect(wrong.problem == "link-unknown" && foreign.problem == "link-unknown")
            #expect(try await service.login(person).status == 201)
            try await service.travel(30 * 86_400 + 1)
            #expect(try await service.freeze(code).problem == "link-unknown")
            #expect(try await service.login(person).status == 201)
            try await service.travel(-86_400)
            #expect(try await service.freeze(code).status == 204)
            let again = try await service.freeze(code)
            #expect(again.problem == "link-unknown" && again.status == 404)
        }
    }

    @Test func `a request that comes again under its key is answered again`() async throws {
        try await TestService.run { service in
            let (_, _, code) = try await warned(service)
            for _ in 1...2 {
                #expect(try await service.freeze(code, idempotencyKey: "once").status == 204)
            }
            let other = try await service.freeze("another", idempotencyKey: "once")
            #expect(other.problem == "idempotency-key-reused")
            #expect(
                try await service.database.count("audit", where: "event = 'account-frozen'") == 1)
        }
    }

    @Test func `from two instances at the same time it works once`() async throws {
        var settings = TestService.Settings()
        settings.instances = 2
        try await TestService.run(settings) { service in
            let (person, _, code) = try await warned(service)
            let answers = try await parallel(8) { number in
                try await service.freeze(code, instance: number % 2)
            }
            #expect(answers.count { $0.status == 204 } == 1)
            #expect(answers.count { $0.problem == "link-unknown" } == 7)
            #expect(
                try await service.database.count("audit", where: "event = 'account-frozen'") == 1)
            #expect(try await service.login(person).problem == "login-refused")
        }
    }
}
