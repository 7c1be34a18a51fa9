import Foundation
import Testing

@testable import Auth

/// A request that comes again under its key is done once and answered alike (Z-24).
@Suite struct IdempotencyTests {
    @Test func `a repeated login is one login and one mail`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let first = try await service.login(person, idempotencyKey: "login-1")
            #expect(first.status == 201)
            _ = try await service.mail.message(to: person.email)
            for _ in 1...3 {
                let again = try await service.login(person, idempotencyKey: "login-1")
                #expect(again.status == 201)
                #expect(again.body == first.body)
                #expect(again.header("Location") == first.header("Location"))
            }
            #expect(try await service.database.count("code", where: "true") == 1)
            #expect(try await service.database.count("login", where: "true") == 1)
            #expect(service.mail.count(to: person.email) == 1)
            let id = try #require(try first.json()["id"].string)
            let mail = try await service.mail.message(to: person.email)
            #expect(try await service.verify(id, mail.code).status == 200)
        }
    }

    @Test func `what is told again is written down again, so that it waits for the standbys`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            func isLocked() async throws -> String? {
                try await service.database.value("select xmax <> '0'::xid from idempotency")
            }
            _ = try await service.login(person, idempotencyKey: "login-again")
            #expect(try await isLocked() == "f")
            _ = try await service.login(person, idempotencyKey: "login-again")
            #expect(try await isLocked() == "t")
        }
    }

    @Test func `an answer is kept for a day, then its key is free`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let first = try await service.login(person, idempotencyKey: "login-day")
            try await service.travel(86_000)
            let again = try await service.login(person, idempotencyKey: "login-day")
            #expect(try again.json()["id"] == first.json()["id"])
            try await service.travel(500)
            let later = try await service.login(person, idempotencyKey: "login-day")
            #expect(later.status == 201)
            #expect(try later.json()["id"] != first.json()["id"])
            let repeated = try await service.login(person, idempotencyKey: "login-day")
            #expect(try repeated.json()["id"] == later.json()["id"])
            #expect(try await service.database.count("idempotency", where: "true") == 1)
        }
    }

    @Test func `a repeated refusal counts as one failure`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            for _ in 1...8 {
                let answer = try await service.login(
                    person, password: "wrong", ip: "192.0.2.5", idempotencyKey: "refused-1")
                #expect(answer.problem == "login-refused")
            }
            #expect(try await service.login(person, ip: "192.0.2.5").status == 201)
            #expect(
                try await service.database.count("audit", where: "event = 'login-refused'") == 1)
        }
    }

    @Test func `a repeated resend is one code and one mail`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let login = try await service.begin(person)
            try await service.travel(31)
            let path = "/v1/logins/\(login.id)/codes"
            let first = try await service.send("POST", path, idempotencyKey: "resend-1")
            #expect(first.status == 201)
            for _ in 1...3 {
                let again = try await service.send("POST", path, idempotencyKey: "resend-1")
                #expect(again.status == 201)
                #expect(again.body == first.body)
            }
            #expect(try await service.database.count("code", where: "true") == 2)
            let newest = try await service.mail.message(2, to: person.email)
            #expect(try await service.verify(login.id, newest.code).status == 200)
            #expect(service.mail.count(to: person.email) == 2)
        }
    }

    @Test func `a repeated right code gives the same session's tokens`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let login = try await service.begin(person)
            let answers = try await Self.verifies(3, login, key: "verify-1", service)
            #expect(answers.map(\.status) == [200, 200, 200])
            let pairs = try answers.map { try TestService.TokenPair($0.json()["tokens"]) }
            #expect(Set(pairs.map(\.refresh)).count == 1)
            let sessions = try pairs.map { try SignedToken($0.access).claims["sid"] }
            #expect(sessions[0] == sessions[1] && sessions[1] == sessions[2])
            #expect(try await service.refresh(pairs[2].refresh).status == 200)
            // Without the key it is a code that was used.
            let plain = try await service.verify(login.id, login.code)
            #expect(plain.problem == "code-used")
            let other = try await service.verify(
                login.id, login.code, idempotencyKey: "verify-2")
            #expect(other.problem == "code-used")
        }
    }

    @Test func `after a minute the secrets are gone, and the session is not`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let login = try await service.begin(person)
            let first = try await Self.verifies(1, login, key: "verify-1", service)[0]
            try await service.travel(55)
            let soon = try await Self.verifies(1, login, key: "verify-1", service)[0]
            #expect(soon.status == 200)
            try await service.travel(6)
            let late = try await Self.verifies(1, login, key: "verify-1", service)[0]
            #expect(late.status == 409)
            #expect(late.problem == "idempotency-secret-gone")
            let pair = try TestService.TokenPair(try first.json()["tokens"])
            #expect(try await service.refresh(pair.refresh).status == 200)
        }
    }

    @Test func `after signing out the secrets are gone at once`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let login = try await service.begin(person)
            let first = try await Self.verifies(1, login, key: "verify-1", service)[0]
            let pair = try TestService.TokenPair(try first.json()["tokens"])
            _ = try await service.revoke(pair.refresh)
            let again = try await Self.verifies(1, login, key: "verify-1", service)[0]
            #expect(again.status == 409)
            #expect(again.problem == "idempotency-secret-gone")
        }
    }

    @Test func `a wrong code repeated under its key spends one guess`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let login = try await service.begin(person)
            let wrong = TestService.wrong(login.code)
            for _ in 1...7 {
                let answer = try await service.verify(login.id, wrong, idempotencyKey: "guess-1")
                #expect(answer.problem == "code-incorrect")
                #expect(try answer.json()["attempts_left"].int == 4)
            }
            let next = try await service.verify(login.id, wrong, idempotencyKey: "guess-2")
            #expect(try next.json()["attempts_left"].int == 3)
            #expect(try await service.verify(login.id, login.code).status == 200)
        }
    }

    @Test func `another body, path or spelling under the key is refused and does nothing`()
        async throws
    {
        try await TestService.run { service in
            let (one, two) = (try await service.person(), try await service.person())
            let first = try await service.login(one, idempotencyKey: "key-1")
            let id = try #require(try first.json()["id"].string)
            let others = [
                try await service.login(two, idempotencyKey: "key-1"),
                try await service.login(one, password: "wrong", idempotencyKey: "key-1"),
                try await service.verify(id, "000000", idempotencyKey: "key-1"),
                try await service.send(
                    "POST", "/v1/logins/\(id)/codes", idempotencyKey: "key-1"),
            ]
            for answer in others {
                #expect(answer.status == 422)
                #expect(answer.problem == "idempotency-key-reused")
            }
            #expect(try await service.login(one, idempotencyKey: "key-1").body == first.body)
            #expect(service.mail.count(to: two.email) == 0)
            #expect(try await service.database.count("code", where: "attempts_left < 5") == 0)
        }
    }

    @Test func `another client's equal key is another key`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let first = try await service.login(person, idempotencyKey: "key-1")
            let second = try await service.login(
                person, key: service.secondKey, idempotencyKey: "key-1")
            #expect(first.status == 201)
            #expect(second.status == 201)
            #expect(try first.json()["id"] != second.json()["id"])
            _ = try await service.mail.message(2, to: person.email)
            let foreign = try await service.login(
                person, key: service.foreignKey, idempotencyKey: "key-1")
            #expect(foreign.problem == "login-refused")
        }
    }

    @Test func `a repetition needs a key that is good now, and its scope`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            #expect(try await service.login(person, idempotencyKey: "key-1").status == 201)
            let bare = try await service.key(scopes: [.patientsRead])
            let refused = try await service.login(person, key: bare, idempotencyKey: "key-1")
            #expect(refused.problem == "scope-missing")
            let unknown = try await service.login(
                person, key: "pak_unknown", idempotencyKey: "key-1")
            #expect(unknown.problem == "api-key-invalid")
        }
    }

    @Test(arguments: ["", "a b", "é", String(repeating: "k", count: 256)])
    func `a key that is none is refused before anything is done`(key: String) async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let answer = try await service.login(person, idempotencyKey: key)
            #expect(answer.status == 400)
            #expect(answer.problem == "header-invalid")
            #expect(try await service.database.count("login", where: "true") == 0)
        }
    }

    @Test func `the key and what was asked are kept only as HMACs`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            _ = try await service.login(person, idempotencyKey: "a-key-to-look-for")
            let rows = try await service.database.execute(
                "select idempotency::text from idempotency")
            let text = try #require(rows.first?.first ?? nil)
            #expect(!text.contains("a-key-to-look-for"))
            #expect(!text.contains(person.email))
            let lengths = try await service.database.execute(
                "select length(key_hash), length(fingerprint) from idempotency")
            #expect(lengths == [["32", "32"]])
        }
    }

    static func verifies(
        _ count: Int, _ login: (id: String, code: String), key: String, _ service: TestService
    ) async throws -> [HTTPAnswer] {
        var answers: [HTTPAnswer] = []
        for _ in 1...count {
            answers.append(
                try await service.verify(login.id, login.code, idempotencyKey: key))
        }
        return answers
    }
}
