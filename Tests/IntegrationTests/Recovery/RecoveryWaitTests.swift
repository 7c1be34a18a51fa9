import Foundation
import Postgres
import Testing

@testable import Auth

/// What must wait after a recovery, what stops one, and what does not (Z-2, Z-7, Z-19, Z-32).
@Suite struct RecoveryWaitTests {
    @Test func `a second recovery waits three days`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let phone = try await service.phone(person)
            let first = try await service.provenRecovery(
                person, try await service.ownSuperPIN(person))
            #expect(try await service.setPassword(first).status == 200)
            let second = try await service.provenRecovery(
                person, try await service.ownSuperPIN(person))
            let early = try await service.recover(
                second, "factor", ["factor_id": .string(phone.id)])
            #expect(early.problem == "recovery-waiting")
            #expect(
                (259_000...259_200).contains(Int(early.header("Retry-After") ?? "") ?? 0))
            try await service.travel(72 * 3600)
            let third = try await service.provenRecovery(
                person, try await service.ownSuperPIN(person))
            #expect(
                try await service.recover(third, "factor", ["factor_id": .string(phone.id)]).status
                    == 200)
        }
    }

    @Test func `an operator may choose how long that is`() async throws {
        var settings = TestService.Settings()
        settings.configure = { $0.recoveryWaitHours = 24 }
        try await TestService.run(settings) { service in
            let person = try await service.person()
            let first = try await service.provenRecovery(
                person, try await service.ownSuperPIN(person))
            #expect(try await service.setPassword(first).status == 200)
            let second = try await service.provenRecovery(
                person, try await service.ownSuperPIN(person))
            let early = try await service.setPassword(second)
            #expect(early.problem == "recovery-waiting")
            #expect((86_200...86_400).contains(Int(early.header("Retry-After") ?? "") ?? 0))
            try await service.travel(24 * 3600)
            let third = try await service.provenRecovery(
                person, try await service.ownSuperPIN(person))
            #expect(try await service.setPassword(third).status == 200)
        }
    }

    @Test func `a sensitive act waits where it rests on what the recovery rested on`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let id = try await service.provenRecovery(
                person, try await service.ownSuperPIN(person))
            #expect(try await service.setPassword(id).status == 200)
            // So that the notice is not taken for the next code.
            _ = try await service.mail.message(2, to: person.email)
            var renewed = person
            renewed.password = TestService.newPassword
            let access = try await service.tokens(of: renewed).access
            let byMailbox = try await Self.signedIn(service, access)
            #expect(throws: Problem.self) { try byMailbox.demand(.fresh, now: Date()) }
            // A phone that the recovery knew nothing of speaks for its owner.
            let phone = try await service.phone(person)
            for (method, path) in [
                ("GET", "export"), ("POST", "recovery-codes"), ("DELETE", "factors/\(phone.id)"),
            ] {
                let answer = try await service.account(method, path, access)
                #expect(answer.status == 429 && answer.problem == "recovery-waiting", "\(path)")
            }
            let begun = try await service.login(renewed)
            let login = try #require(try begun.json()["id"].string)
            let code = try await service.mail.message(to: phone.number).code
            let answer = try await service.verify(login, code)
            let byPhone = try await Self.signedIn(
                service, try #require(try answer.json()["tokens"]["access_token"].string))
            #expect(throws: Never.self) { try byPhone.demand(.fresh, now: Date()) }
            try await service.database.execute("delete from factor")
            try await service.travel(72 * 3600)
            #expect(
                try await Self.signedIn(
                    service, try await service.tokens(of: renewed).access
                ).waitsUntil == nil)
        }
    }

    @Test func `the new phone carries no sensitive act for three days`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let lost = try await service.phone(person)
            let id = try await service.provenRecovery(
                person, try await service.ownSuperPIN(person))
            _ = try await service.recover(id, "codes", ["number": "0611223366"])
            let proof = try await service.mail.message(to: "+31611223366").code
            _ = try await service.recover(id, "verify", ["code": .string(proof)])
            _ = try await service.recover(id, "factor", ["factor_id": .string(lost.id)])
            let login = try #require(try await service.login(person).json()["id"].string)
            let code = try await service.mail.message(2, to: "+31611223366").code
            let answer = try await service.verify(login, code)
            let patient = try await Self.signedIn(
                service, try #require(try answer.json()["tokens"]["access_token"].string))
            #expect(patient.waitsUntil != nil)
        }
    }

    @Test func `a recovery lifts the freeze of its owner`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let pin = try await service.ownSuperPIN(person)
            try await service.freeze(person)
            #expect(try await service.login(person).problem == "login-refused")
            let id = try await service.provenRecovery(person, pin)
            #expect(try await service.setPassword(id).status == 200)
            #expect(
                try await service.login(person, password: TestService.newPassword).status == 201)
            #expect(
                try await service.database.count(
                    "account", where: "frozen_at is not null or disabled_at is not null") == 0)
        }
    }

    @Test func `what the practice disabled no recovery opens`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let id = try await service.provenRecovery(
                person, try await service.ownSuperPIN(person))
            try await service.database.execute(
                "update account set disabled_at = clock_timestamp()")
            #expect(try await service.setPassword(id).problem == "recovery-ended")
        }
    }

    @Test func `the link in the mail stops a recovery that stands open`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let id = try await service.provenRecovery(
                person, try await service.ownSuperPIN(person))
            try await service.freeze(person)
            #expect(try await service.setPassword(id).problem == "recovery-ended")
            #expect(
                try await service.database.count("account", where: "recovered_at is not null") == 0)
        }
    }

    @Test func `after a late freeze the owner recovers at once, by something else, and undoes it`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let lost = try await service.phone(person)
            // Somebody with mailbox and letter binds a phone of their own.
            let theirs = try await service.provenRecovery(
                person, try await service.ownSuperPIN(person))
            _ = try await service.recover(theirs, "codes", ["number": "0611223377"])
            let proof = try await service.mail.message(to: "+31611223377").code
            _ = try await service.recover(theirs, "verify", ["code": .string(proof)])
            _ = try await service.recover(theirs, "factor", ["factor_id": .string(lost.id)])
            try await service.travel(3600)
            try await service.freeze(person)
            // The same two once more are not the owner.
            let again = try await service.provenRecovery(
                person, try await service.ownSuperPIN(person))
            #expect(try await service.setPassword(again).problem == "recovery-waiting")
            // With the desk beside an old mailbox it is.
            try await service.ageMailbox(person, days: 31)
            let desk = try #require(
                try await service.deskCode(person).json()["desk_code"].string)
            let own = try await service.recovery(person.identifier)
            try await service.proveContact(own, to: person.email)
            _ = try await service.recover(own, "verify", ["desk_code": .string(desk)])
            #expect(try await service.setPassword(own).status == 200)
            #expect(try await service.database.count("factor", where: "true") == 0)
        }
    }

    @Test func `a phone that a recovery bound opens that practice alone`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            _ = try await service.phone(person)
            try await service.database.execute(
                """
                update factor set recovered_at = clock_timestamp(), practice_id = (
                    select practice_id from practice where practice_id <> factor.practice_id)
                """)
            let login = try await service.login(person)
            #expect(login.problem == "factor-unavailable")
        }
    }

    @Test func `failed sign-ins of strangers shut nobody out of a recovery`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let pin = try await service.ownSuperPIN(person)
            for _ in 1...6 {
                _ = try await service.login(person, password: "x", ip: "10.5.0.1")
            }
            try await service.database.execute("update account set strange_failures = 100")
            let id = try await service.recovery(person.identifier, ip: "10.5.0.1")
            try await service.proveContact(id, to: person.email, ip: "10.5.0.1")
            _ = try await service.recover(
                id, "verify", ["super_pin": .string(pin)], ip: "10.5.0.1")
            #expect(try await service.setPassword(id).status == 200)
            // Nor of the sign-in that it was for, wherever that is.
            let login = try await service.login(
                person, password: TestService.newPassword, ip: "10.5.0.2")
            #expect(login.status == 201, "\(login.text)")
        }
    }

    @Test func `recoveries of strangers shut nobody out from a known network`() async throws {
        var settings = TestService.Settings()
        settings.sendsPerHour = 1
        try await TestService.run(settings) { service in
            let person = try await service.person()
            _ = try await service.signIn(person, ip: "203.0.113.9")
            for last in 1...3 {
                let ip = "10.6.0.\(last)"
                let id = try await service.recovery(person.identifier, ip: ip)
                _ = try await service.recover(id, "codes", [:], ip: ip)
                for _ in 1...6 {
                    _ = try await service.recover(id, "verify", ["code": "000000"], ip: ip)
                }
            }
            let own = try await service.recovery(person.identifier, ip: "203.0.113.9")
            try await service.proveContact(own, to: person.email, ip: "203.0.113.9")
        }
    }

    @Test func `who has shown a proof gets a code from anywhere, whatever strangers asked for`()
        async throws
    {
        var settings = TestService.Settings()
        settings.sendsPerHour = 1
        try await TestService.run(settings) { service in
            let person = try await service.person()
            let pin = try await service.ownSuperPIN(person)
            for last in 1...3 {
                let ip = "10.7.0.\(last)"
                let id = try await service.recovery(person.identifier, ip: ip)
                _ = try await service.recover(id, "codes", [:], ip: ip)
            }
            let own = try await service.recovery(person.identifier, ip: "10.8.0.1")
            let shown = try await service.recover(
                own, "verify", ["super_pin": .string(pin)], ip: "10.8.0.1")
            try #require(shown.status == 200, "\(shown.text)")
            try await service.proveContact(own, to: person.email, ip: "10.8.0.1")
            #expect(try await service.setPassword(own).status == 200)
        }
    }

    private static func signedIn(
        _ service: TestService, _ access: String
    ) async throws -> SignedIn {
        let claims = try SignedToken(access).claims
        let session = try #require(UUID(uuidString: claims["sid"].string ?? ""))
        let client = try #require(
            UUID(
                uuidString: try await service.database.value(
                    "select client_id from session where session_id = '\(session.text)'") ?? ""))
        return try #require(
            try await service.service.database.run(
                FindSignedIn(practice: service.practice, client: client, session: session)))
    }
}
