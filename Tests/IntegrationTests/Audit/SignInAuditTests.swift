import Foundation
import Testing

@testable import Auth

/// What the audit has of a sign-in (Z-30).
@Suite struct SignInAuditTests {
    @Test func `each row has the id of the request that was answered`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            func events(of answer: HTTPAnswer) async throws -> [String] {
                let id = try #require(answer.header("X-Request-Id"))
                return try await service.database.rows(
                    "select event || ' ' || result from audit where request_id = '\(id)'"
                ).compactMap { $0[0] }.sorted()
            }
            let refused = try await service.login(person, password: "x")
            #expect(try await events(of: refused) == ["login-refused refused"])
            let begun = try await service.login(person)
            #expect(try await events(of: begun).contains("login-started done"))
            #expect(try await events(of: begun).contains("code-sent done"))
            let id = try #require(try begun.json()["id"].string)
            let code = try await service.mail.code(of: begun.json()["code"], to: person.email)
            let wrong = try await service.verify(id, TestService.wrong(code))
            #expect(try await events(of: wrong) == ["code-guessed refused"])
            let right = try await service.verify(id, code)
            #expect(
                try await events(of: right) == ["code-guessed done", "login-completed done"])
            let tokens = try TestService.TokenPair(try right.json()["tokens"])
            let refreshed = try await service.refresh(tokens.refresh)
            #expect(try await events(of: refreshed) == ["tokens-refreshed done"])
        }
    }

    @Test func `tries while a wait is on are a row a minute of the account, and all counted`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            var madeUp = person
            madeUp.identifier = "nobody-\(person.username)@example.nl"
            for somebody in [person, madeUp] {
                for _ in 1...5 {
                    _ = try await service.login(somebody, password: "x", ip: "198.51.100.31")
                }
                for _ in 1...3 {
                    let waits = try await service.login(somebody, ip: "198.51.100.31")
                    #expect(waits.problem == "login-throttled")
                }
            }
            let account = try await service.accountID(person)
            func rows() async throws -> [[String?]] {
                try await service.database.rows(
                    """
                    select event, result, account_id from audit
                    where reason = '\(RefuseLogin.throttled)'
                    """)
            }
            let row: [String?] = [AuditEvent.loginRefused.rawValue, "refused", account]
            #expect(try await rows() == [row])
            let counted = try await service.database.value(
                "select sum(refusals) from refusal where reason = '\(RefuseLogin.throttled)'")
            #expect(counted == "6")

            try await service.travel(61)
            _ = try await service.login(person, password: "x", ip: "198.51.100.31")
            #expect(
                try await service.login(person, ip: "198.51.100.31").problem == "login-throttled")
            #expect(try await rows() == [row, row])
        }
    }
}
