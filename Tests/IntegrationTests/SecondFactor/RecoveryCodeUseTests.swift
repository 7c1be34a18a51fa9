import Cryptography
import Foundation
import Testing

@testable import Auth

/// Ten codes on paper for who has lost the phone: each signs in once, and changes nothing (Z-3).
@Suite struct RecoveryCodeUseTests {
    /// Somebody with a phone and recovery codes.
    private func prepared(
        _ service: TestService
    ) async throws -> (person: Person, token: String, codes: [String]) {
        let person = try await service.person()
        _ = try await service.phone(try await service.tokens(of: person).access)
        let token = try await service.signInByPhone(person).access
        return (person, token, try await service.recoveryCodes(token))
    }

    private func begin(_ person: Person, _ service: TestService) async throws -> String {
        try #require(try await service.login(person).json()["id"].string)
    }

    @Test func `a code signs in once, at level 2r, and says how many are left`() async throws {
        try await TestService.run { service in
            let (person, token, codes) = try await prepared(service)
            #expect(codes.count == 10 && Set(codes).count == 10)
            #expect(try await service.factors(token)["recovery_codes_left"] == 10)
            let id = try await begin(person, service)
            let done = try await service.verify(id, codes[3].lowercased())
            #expect(done.status == 200, "\(done.text)")
            #expect(try done.json()["recovery_codes_left"] == 9)
            let tokens = try TestService.TokenPair(try done.json()["tokens"])
            let claims = try SignedToken(tokens.access).claims
            #expect(claims["acr"] == "2r" && claims["amr"] == ["pwd", "otp", "mfa"])
            _ = try await service.told("U hebt er nog 9.", person)
            // It is never fresh enough for a change.
            for (path, body) in [
                ("factors", ["type": "totp"]), ("recovery-codes", nil),
            ] as [(String, JSON?)] {
                let refused = try await service.account("POST", path, tokens.access, json: body)
                #expect(refused.problem == "insufficient-user-authentication")
            }
            #expect(try await service.factors(tokens.access)["recovery_codes_left"] == 9)
            let again = try await service.verify(try await begin(person, service), codes[3])
            #expect(again.problem == "code-used")
            let failures = try await service.database.value("select failures from recovery_codes")
            #expect(failures == "0")
        }
    }

    @Test func `of twenty parallel uses of one code one signs in`() async throws {
        var settings = TestService.Settings()
        settings.instances = 2
        try await TestService.run(settings) { service in
            let (person, _, codes) = try await prepared(service)
            let logins = try await parallel(5) { _ in try await begin(person, service) }
            let answers = try await parallel(20) { number in
                try await service.verify(logins[number % 5], codes[0], instance: number)
            }
            #expect(answers.count { $0.status == 200 } == 1)
            #expect(answers.allSatisfy { [200, 409, 503].contains($0.status) })
            let left = try await service.database.value(
                "select cardinality(hashes) from recovery_codes")
            #expect(left == "9")
        }
    }

    @Test func `a new set voids the old one`() async throws {
        try await TestService.run { service in
            let (person, token, old) = try await prepared(service)
            let new = try await service.recoveryCodes(token)
            #expect(Set(old).isDisjoint(with: new))
            _ = try await service.told("nieuwe herstelcodes", person)
            let id = try await begin(person, service)
            #expect(try await service.verify(id, old[0]).problem == "code-incorrect")
            #expect(try await service.verify(id, new[0]).status == 200)
            let kept = try await service.database.rows("select hashes::text from recovery_codes")
            #expect(!"\(kept)".contains(new[1]))
        }
    }

    @Test func `wrong ones wait, and a phone's codes go on meanwhile`() async throws {
        try await TestService.run { service in
            let (person, _, codes) = try await prepared(service)
            let id = try await begin(person, service)
            for _ in 1...5 {
                let guess = RecoveryCode.random().printed.expose()
                #expect(try await service.verify(id, guess).problem == "code-incorrect")
            }
            let waiting = try await service.verify(id, codes[0])
            #expect(waiting.problem == "code-attempts-exhausted")
            #expect(try waiting.json()["retry_at"].string != nil)
            _ = try await service.signInByPhone(person)
            try await service.travel(31)
            #expect(
                try await service.verify(try await begin(person, service), codes[0]).status == 200)
        }
    }

    @Test func `who has nothing else left signs in with a code`() async throws {
        try await TestService.run { service in
            let (person, _, codes) = try await prepared(service)
            try await service.database.execute(
                "update factor set disabled_at = clock_timestamp()")
            let started = try await service.login(person)
            #expect(started.status == 201, "\(started.text)")
            let login = try started.json()
            #expect(login["factors"] == [] && login["code"].isAbsent && login["next"] == "code")
            let id = try #require(login["id"].string)
            let resend = try await service.send("POST", "/v1/logins/\(id)/codes")
            #expect(resend.problem == "factor-unavailable")
            #expect(try await service.verify(id, "123456").problem == "factor-unavailable")
            let done = try await service.verify(id, codes[0])
            #expect(done.status == 200, "\(done.text)")
            // Which is no way to bind a new phone: that is a recovery.
            let token = try TestService.TokenPair(try done.json()["tokens"]).access
            #expect(
                try await service.addPhone(token, "+31687654321").problem
                    == "insufficient-user-authentication")
        }
    }

    @Test func `the same request gets the same codes for a minute`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let token = try await service.tokens(of: person).access
            func ask(_ key: String) async throws -> HTTPAnswer {
                try await service.account("POST", "recovery-codes", token, idempotencyKey: key)
            }
            let first = try await ask("one")
            #expect(first.status == 201, "\(first.text)")
            #expect(try await ask("one").body == first.body)
            #expect(try await ask("two").body != first.body)
            #expect(try await ask("one").problem == "idempotency-secret-gone")
        }
    }
}
