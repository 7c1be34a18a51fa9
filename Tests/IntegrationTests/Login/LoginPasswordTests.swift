import Foundation
import Testing

@testable import Auth

/// A password that the practice knows opens no session: its owner chooses another first.
@Suite struct LoginPasswordTests {
    @Test func `the first sign-in ends with a password of one's own, and the next asks for none`()
        async throws
    {
        try await TestService.run { service in
            var person = try await service.newcomer()
            try await service.publishBoth("2026-1")
            let open = try await service.begin(person)
            let steps: JSON = ["code", "accept_documents", "change_password"]
            let proved = try await service.verify(open.id, open.code).json()
            #expect(JSON.array(proved["steps"].array.map { $0["name"] }) == steps)
            let accepted = try await service.accept(open.id, ["terms", "privacy"]).json()
            #expect(accepted["status"] == "open" && accepted["next"] == "change_password")
            #expect(accepted["tokens"].isAbsent)
            #expect(try await service.openSessions() == 0)
            let beside = try await service.begin(person)

            try await service.travel(60)
            let done = try await service.choosePassword(open.id)
            #expect(done.status == 200, "\(done.text)")
            let login = try done.json()
            #expect(login["status"] == "done" && login["next"] == .null)
            #expect(login["steps"].array.allSatisfy { $0["done"] == true })
            let token = try TestService.TokenPair(login["tokens"]).access
            #expect(try await service.account(token)["steps"] == [])
            _ = try await service.told("Uw wachtwoord is gewijzigd.", person)
            // The sign-in is as old as its code, and what was open beside it is over.
            #expect(
                try await service.database.value(
                    "select created_at - authenticated_at > interval '59 s' from session") == "t")
            #expect(try await service.verify(beside.id, beside.code).problem == "login-ended")
            #expect(try await service.login(person).problem == "login-refused")
            person.password = TestService.newPassword
            let next = try await service.signIn(person)
            #expect(next["steps"] == [["name": "code", "done": true]])
            let audited = try await service.database.count(
                "audit", where: "event = 'password-changed' and result = 'done'")
            #expect(audited == 1)
        }
    }

    @Test func `out of its order it changes nothing`() async throws {
        try await TestService.run { service in
            let person = try await service.newcomer()
            let open = try await service.begin(person)
            let early = try await service.choosePassword(open.id)
            #expect(early.status == 409 && early.problem == "step-out-of-order")
            #expect(try await service.verify(open.id, open.code).json()["status"] == "open")
            let resent = try await service.send("POST", "/v1/logins/\(open.id)/codes")
            #expect(resent.problem == "step-out-of-order")
            let foreign = try await service.choosePassword(open.id, key: service.secondKey)
            #expect(foreign.status == 404 && foreign.problem == "not-found")
            #expect(try await service.choosePassword(open.id).status == 200)
            let late = try await service.choosePassword(open.id, "Winter-op-Terp-77!")
            #expect(late.status == 409 && late.problem == "login-ended")
            // Nobody else is asked.
            try await service.publishBoth("1")
            let other = try await service.proveCode(try await service.person())
            #expect(try await service.choosePassword(other).problem == "step-out-of-order")
            #expect(try await service.openSessions() == 1)
        }
    }

    @Test func `a password that may not be set leaves the step as it is`() async throws {
        try await TestService.run { service in
            let person = try await service.newcomer()
            let login = try await service.provedNewcomer(person)
            let weak = try await service.choosePassword(login, "zomer")
            #expect(weak.status == 422 && weak.problem == "password-refused")
            let broken = try weak.json()["broken_rules"].array.map { $0["name"] }
            #expect(broken.contains("digit-missing"))
            let own = try await service.choosePassword(login, "Jansen-85!")
            #expect(own.problem == "password-refused")
            let same = try await service.choosePassword(login, person.password)
            #expect(same.status == 422 && same.problem == "field-invalid")
            #expect(try same.json()["errors"][0]["pointer"] == "/new_password")
            #expect(try await service.openSessions() == 0)
            #expect(try await service.choosePassword(login).status == 200)
        }
    }

    @Test func `of parallel ones on two instances one is signed in`() async throws {
        var settings = TestService.Settings()
        settings.instances = 2
        try await TestService.run(settings) { service in
            let person = try await service.newcomer()
            let login = try await service.provedNewcomer(person)
            let answers = try await parallel(4) { number in
                try await service.choosePassword(
                    login, "Herfst-in-Huis-\(number)7!", instance: number)
            }
            #expect(answers.count { $0.status == 200 } == 1)
            #expect(answers.count { $0.problem == "login-ended" } == 3)
            #expect(try await service.openSessions() == 1)
            #expect(try await service.database.count("session", where: "true") == 1)
        }
    }

    @Test func `the same request again gets the same tokens for a minute`() async throws {
        try await TestService.run { service in
            let login = try await service.provedNewcomer(try await service.newcomer())
            func choose(
                _ key: String, _ password: String = TestService.newPassword
            ) async throws -> HTTPAnswer {
                try await service.choosePassword(login, password, idempotencyKey: key)
            }
            #expect(try await choose("one", "weak").problem == "password-refused")
            let (first, again) = (try await choose("one"), try await choose("one"))
            #expect(first.status == 200 && again.status == 200, "\(again.text)")
            #expect(
                try first.json()["tokens"]["refresh_token"]
                    == again.json()["tokens"]["refresh_token"])
            let other = try await choose("one", "Winter-op-Terp-77!")
            #expect(other.status == 422 && other.problem == "idempotency-key-reused")
            #expect(try await choose("another").problem == "login-ended")
            try await service.travel(61)
            let gone = try await choose("one")
            #expect(gone.status == 409 && gone.problem == "idempotency-secret-gone")
            #expect(try await service.openSessions() == 1)
        }
    }

    @Test func `a recovery meanwhile ends the login, and makes the password the owner's`()
        async throws
    {
        try await TestService.run { service in
            var person = try await service.newcomer()
            let pin = try await service.ownSuperPIN(person)
            let login = try await service.provedNewcomer(person)
            let recovery = try await service.provenRecovery(person, pin)
            let recovered = try await service.setPassword(recovery)
            #expect(recovered.status == 200, "\(recovered.text)")
            let ended = try await service.choosePassword(login, "Winter-op-Terp-77!")
            #expect(ended.status == 409 && ended.problem == "login-ended")
            #expect(try await service.openSessions() == 0)
            person.password = TestService.newPassword
            let next = try await service.signIn(person)
            #expect(next["steps"] == [["name": "code", "done": true]])
        }
    }

    @Test func `a remembered device is not asked for the code, but for the password`() async throws
    {
        try await TestService.run { service in
            let (person, tokens) = try await service.rememberer()
            let token = try await service.deviceToken(tokens.access)
            try await service.database.execute("update account set password_change_due = true")
            let login = try await service.login(person, deviceToken: token).json()
            #expect(login["status"] == "open" && login["next"] == "change_password")
            #expect(login["steps"] == [["name": "change_password", "done": false]])
            let done = try await service.choosePassword(try #require(login["id"].string))
            #expect(done.status == 200, "\(done.text)")
            #expect(try await service.openSessions() == 1)
        }
    }
}

extension TestService {
    /// Somebody who was imported with a password that the practice knows.
    func newcomer() async throws -> Person {
        try await person(extra: ["password_change": true])
    }

    /// Their login, whose code was right; its id.
    func provedNewcomer(_ person: Person) async throws -> String {
        let login = try await begin(person)
        let answer = try await verify(login.id, login.code)
        try #require(try answer.json()["next"] == "change_password", "\(answer.text)")
        return login.id
    }

    func choosePassword(
        _ login: String, _ password: String = newPassword, key: String? = nil,
        idempotencyKey: String? = nil, instance: Int = 0
    ) async throws -> HTTPAnswer {
        try await send(
            "POST", "/v1/logins/\(login)/password", json: ["new_password": .string(password)],
            key: key, idempotencyKey: idempotencyKey, instance: instance)
    }
}
