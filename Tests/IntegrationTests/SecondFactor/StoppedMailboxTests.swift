import Foundation
import Testing

@testable import Auth

/// A mailbox that took a hundred wrong codes in a row, and how it is bound again (F5, R4, Z-19).
@Suite struct StoppedMailboxTests {
    @Test func `a right code forgives the wrong ones, and a hundred in a row stop the mailbox`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            try await Self.fail(98, service)
            let login = try await service.begin(person)
            let wrong = try await service.verify(login.id, TestService.wrong(login.code))
            // Of what is left the least is told.
            #expect(try wrong.json()["attempts_left"] == 1, "\(wrong.text)")
            #expect(try await service.verify(login.id, login.code).status == 200)
            #expect(try await service.database.value("select failures from contact") == "0")

            try await Self.fail(99, service)
            let last = try await service.begin(person)
            let stopped = try await service.verify(last.id, TestService.wrong(last.code))
            #expect(stopped.problem == "code-incorrect")
            #expect(try stopped.json()["attempts_left"] == 0, "\(stopped.text)")
            #expect(try await service.verify(last.id, last.code).problem == "login-ended")
            let standing = try await service.send("GET", "/v1/logins/\(last.id)")
            #expect(try standing.json()["status"] == "ended")
            let refused = try await service.login(person)
            #expect(refused.status == 409 && refused.problem == "factor-unavailable")
        }
    }

    @Test(arguments: [97, 99])
    func `the code of an older login counts as none of them`(before: Int) async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let older = try await service.begin(person)
            let login = try await service.begin(person)
            try await Self.fail(before, service)
            let mistaken = try await service.verify(login.id, older.code)
            #expect(mistaken.problem == "code-superseded", "\(mistaken.text)")
            #expect(
                try await service.database.value(
                    "select (failures, disabled_at is null)::text from contact")
                    == "(\(before),t)")
        }
    }

    @Test func `parallel guesses don't get past the hundredth`() async throws {
        var settings = TestService.Settings()
        settings.instances = 2
        try await TestService.run(settings) { service in
            let person = try await service.person()
            try await Self.fail(97, service)
            let login = try await service.begin(person)
            _ = try await parallel(5) { number in
                try await service.verify(
                    login.id, TestService.wrong(login.code), instance: number)
            }
            #expect(try await service.database.value("select failures from contact") == "100")
            #expect(try await service.verify(login.id, login.code).problem == "login-ended")
        }
    }

    @Test func `what strangers can guess without the password counts for no mailbox`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            try await Self.fail(99, service)
            let id = try await service.recovery(person.identifier)
            let code = try await service.recoveryCode(id, to: person.email)
            let wrong: JSON = ["code": .string(TestService.wrong(code))]
            #expect(try await service.recover(id, "verify", wrong).problem == "code-incorrect")
            #expect(try await service.database.value("select failures from contact") == "99")
            #expect(try await service.signIn(person)["status"] == "done")
        }
    }

    @Test(arguments: [true, false])
    func `a recovery in which a code was read in it lets it sign in again, and no other does`(
        inMailbox: Bool
    ) async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let pin = try await service.ownSuperPIN(person)
            try await Self.stop(service)
            let id: String
            if inMailbox {
                id = try await service.provenRecovery(person, pin)
            } else {
                let phone = try await service.phone(person)
                id = try await service.recovery(person.identifier)
                try await service.proveContact(id, "sms", to: phone.number)
                let shown = try await service.recover(id, "verify", ["super_pin": .string(pin)])
                #expect(shown.status == 200, "\(shown.text)")
                try await service.database.execute("delete from factor")
            }
            let changed = try await service.setPassword(id)
            #expect(changed.status == 200, "\(changed.text)")
            // It heard of the recovery all the same.
            _ = try await service.told("De toegang tot uw account is hersteld.", person)
            let login = try await service.login(person, password: TestService.newPassword)
            #expect(login.problem == (inMailbox ? nil : "factor-unavailable"), "\(login.text)")
            let failures = try await service.database.value("select failures from contact")
            #expect(failures == (inMailbox ? "0" : "100"))
        }
    }

    @Test func `who signs in by a phone sees that it is stopped, and binds it again`() async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let phone = try await service.phone(try await service.tokens(of: person).access)
            let token = try await service.signInByPhone(person).access
            let id = try await Self.addMailbox(token, person, service)
            try await Self.stop(service)
            let listed = try await service.factors(token)["data"].array
            #expect(listed.map { $0["status"] } == ["active", "disabled"])
            #expect(try await service.login(person).json()["factors"].array.count == 1)

            let removed = try await service.account("DELETE", "factors/\(id)", token)
            #expect(removed.status == 204, "\(removed.text)")
            #expect(try await Self.addMailbox(token, person, service) == id)
            #expect(try await service.database.value("select failures from contact") == "0")
            let login = try await service.login(person).json()
            #expect(login["factors"].array.map { $0["id"].string } == [phone, id])
            let code = try await service.send(
                "POST", "/v1/logins/\(try #require(login["id"].string))/codes",
                json: ["factor_id": .string(id)])
            #expect(code.status == 201, "\(code.text)")
        }
    }

    @Test func `while it is stopped the last phone stays`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let phone = try await service.phone(try await service.tokens(of: person).access)
            let token = try await service.signInByPhone(person).access
            try await Self.stop(service)
            let path = "factors/\(phone)"
            let kept = try await service.account("DELETE", path, token)
            #expect(kept.problem == "factor-required", "\(kept.text)")
            try await Self.fail(0, service)
            #expect(try await service.account("DELETE", path, token).status == 204)
        }
    }

    // MARK: -

    private static func fail(_ failures: Int, _ service: TestService) async throws {
        try await service.database.execute(
            "update contact set failures = \(failures), disabled_at = null")
    }

    private static func stop(_ service: TestService) async throws {
        try await service.database.execute(
            "update contact set failures = 100, disabled_at = clock_timestamp()")
    }

    /// The mailbox as a factor that its owner chose; its id.
    private static func addMailbox(
        _ token: String, _ person: Person, _ service: TestService
    ) async throws -> String {
        let added = try await service.account("POST", "factors", token, json: ["type": "email"])
        try #require(added.status == 201, "\(added.text)")
        let id = try #require(try added.json()["id"].string)
        let code = try await service.mail.code(of: added.json()["code"], to: person.email)
        let active = try await service.activate(id, code, token)
        try #require(active.status == 200, "\(active.text)")
        return id
    }
}
