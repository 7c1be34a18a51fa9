import Cryptography
import Foundation
import Testing

@testable import Auth

/// The way back after a lost password or phone, step by step (AC-9, Z-2, S4, S8, S10).
@Suite struct RecoveryTests {
    @Test func `a forgotten password is replaced by a code to the mailbox and the super-PIN`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let pin = try await service.ownSuperPIN(person)
            let tokens = try await service.tokens(of: person)
            let open = try await service.begin(person)

            let id = try await service.recovery(person.identifier)
            let half = try await service.proveContact(id, to: person.email)
            #expect(half["next"].string == "proof")
            #expect(half["proofs"].array.compactMap(\.string) == ["email"])
            let whole = try await service.recover(id, "verify", ["super_pin": .string(pin)])
            #expect(try whole.json()["next"].string == "change")
            let told = service.mail.count(to: person.email)
            let done = try await service.setPassword(id)
            #expect(done.status == 200)
            #expect(try done.json()["status"].string == "done")
            // It signs nobody in, and ends whoever is.
            #expect(!done.text.contains("token"))
            #expect(try await service.refresh(tokens.refresh).problem == "token-invalid")
            #expect(
                try await service.verify(open.id, open.code).problem == "login-ended")
            #expect(
                try await service.mail.message(told + 1, to: person.email).text.contains("not-me"))
            #expect(try await service.login(person).problem == "login-refused")
            // The second factor is asked as before.
            let login = try await service.login(person, password: TestService.newPassword)
            #expect(try login.json()["next"].string == "code")
            #expect(
                try await service.database.count("recovery_pin", where: "ended_at is null") == 0)
        }
    }

    @Test func `customer number and super-PIN begin it, and show nothing before the mailbox does`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let pin = try await service.ownSuperPIN(person)
            let number = try await service.customerNumber(of: person)
            func begin(_ pin: String) async throws -> HTTPAnswer {
                try await service.send(
                    "POST", "/v1/recoveries",
                    json: ["customer_number": .string(number), "super_pin": .string(pin)])
            }
            let right = try await begin(pin)
            let wrong = try await begin(SuperPIN.random().printed.expose())
            #expect(RecoveryEnumerationTests.shape(right) == RecoveryEnumerationTests.shape(wrong))
            let id = try #require(try right.json()["id"].string)
            // The practice's own PIN for an activation is nothing here.
            let activation = try #require(
                try await service.makeSuperPIN("ext-\(person.username)").json()["super_pin"].string)
            #expect(
                try await service.recover(id, "verify", ["super_pin": .string(activation)]).problem
                    == "proof-incorrect")
            let proven = try await service.proveContact(id, to: person.email)
            #expect(proven["next"].string == "change")
            #expect(try await service.setPassword(id).status == 200)
            // After a wrong one the mailbox alone is not enough.
            let other = try #require(try wrong.json()["id"].string)
            #expect(try await service.setPassword(other).problem == "step-out-of-order")
        }
    }

    @Test func `a lost phone is replaced by a number that proves itself`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let pin = try await service.ownSuperPIN(person)
            let lost = try await service.phone(person)
            let id = try await service.provenRecovery(person, pin)
            let number = "+31611223344"
            let sent = try await service.recover(id, "codes", ["number": "06 11 22 33 44"])
            #expect(sent.status == 201)
            #expect(try sent.json()["destination"].string == "•••44")
            let code = try await service.mail.message(to: number).code
            let proven = try await service.recover(id, "verify", ["code": .string(code)])
            #expect(try proven.json()["factors"][0]["id"].string == lost.id)
            let done = try await service.recover(id, "factor", ["factor_id": .string(lost.id)])
            #expect(done.status == 200)
            // The password is as it was, and the code goes to the new phone.
            let login = try await service.login(person)
            #expect(try login.json()["code"]["destination"].string == "•••44")
            #expect(try await service.database.count("factor", where: "true") == 1)
        }
    }

    @Test func `a phone that wrong codes stopped proves nothing, and is bound again by a recovery`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let pin = try await service.ownSuperPIN(person)
            let phone = try await service.phone(person)
            try await service.database.execute(
                "update factor set failures = 100, disabled_at = clock_timestamp()")
            #expect(try await service.login(person).problem == "factor-unavailable")
            let id = try await service.provenRecovery(person, pin)
            let unsent = try await service.recover(id, "codes", ["channel": "sms"])
            #expect(unsent.problem == "factor-unavailable", "\(unsent.text)")
            let sent = try await service.recover(id, "codes", ["number": .string(phone.number)])
            let code = try await service.mail.code(of: sent.json(), to: phone.number)
            let proven = try await service.recover(id, "verify", ["code": .string(code)])
            #expect(try proven.json()["factors"][0]["id"].string == phone.id)
            let done = try await service.recover(id, "factor", ["factor_id": .string(phone.id)])
            #expect(done.status == 200, "\(done.text)")
            #expect(try await service.login(person).json()["code"]["channel"] == "sms")
        }
    }

    @Test func `a number that was not proven takes nobody's place`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let pin = try await service.ownSuperPIN(person)
            let lost = try await service.phone(person)
            let id = try await service.provenRecovery(person, pin)
            #expect(try await service.recover(id, "codes", ["number": "0611223345"]).status == 201)
            #expect(
                try await service.recover(id, "factor", ["factor_id": .string(lost.id)]).status
                    == 200)
            #expect(try await service.database.count("factor", where: "true") == 0)
        }
    }

    @Test func `at most three new numbers are tried`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let pin = try await service.ownSuperPIN(person)
            let id = try await service.provenRecovery(person, pin)
            for last in 1...3 {
                let number = "061122335\(last)"
                #expect(
                    try await service.recover(id, "codes", ["number": .string(number)]).status
                        == 201)
            }
            let fourth = try await service.recover(id, "codes", ["number": "0611223359"])
            #expect(fourth.problem == "sends-exhausted")
        }
    }

    @Test func `no number is tried before two proofs`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let id = try await service.recovery(person.identifier)
            try await service.proveContact(id, to: person.email)
            let answer = try await service.recover(id, "codes", ["number": "0611223344"])
            #expect(answer.problem == "step-out-of-order")
        }
    }

    @Test func `the factor that was a proof is not lost`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let phone = try await service.phone(person)
            let id = try await service.recovery(person.identifier)
            try await service.proveContact(id, to: person.email)
            let proven = try await service.proveContact(id, "sms", to: phone.number)
            #expect(proven["factors"].array.isEmpty)
            let answer = try await service.recover(
                id, "factor", ["factor_id": .string(phone.id)])
            #expect(answer.problem == "factor-unknown")
        }
    }

    @Test func `password, then factor in one recovery is refused`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let pin = try await service.ownSuperPIN(person)
            let phone = try await service.phone(person)
            let id = try await service.provenRecovery(person, pin)
            #expect(try await service.setPassword(id).status == 200)
            let second = try await service.recover(
                id, "factor", ["factor_id": .string(phone.id)])
            #expect(second.problem == "recovery-ended")
            #expect(
                try await service.setPassword(id, "Lente-op-Zolder-81!").problem == "recovery-ended"
            )
            #expect(try await service.database.count("factor", where: "true") == 1)
        }
    }

    @Test func `a password that breaks the practice's rules changes nothing`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let pin = try await service.ownSuperPIN(person)
            let born = try await service.putPatient(
                "ext-\(person.username)", PatientSample.with(["date_of_birth": "1987-05-03"]))
            #expect(born.status == 200)
            let id = try await service.provenRecovery(person, pin)
            for weak in ["jansen", "03-05-1987-Aa!", "3 mei 1987 Aa!"] {
                let refused = try await service.setPassword(id, weak)
                #expect(refused.problem == "password-refused", "\(weak): \(refused.text)")
            }
            #expect(try await service.login(person).status == 201)
            #expect(try await service.setPassword(id).status == 200)
        }
    }

    @Test func `the same request under the same key is answered again, and done once`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let pin = try await service.ownSuperPIN(person)
            let first = try await service.beginRecovery(person.identifier, idempotencyKey: "r-1")
            let again = try await service.beginRecovery(person.identifier, idempotencyKey: "r-1")
            #expect(try first.json() == again.json())
            let id = try await service.provenRecovery(person, pin)
            let body: JSON = ["password": .string(TestService.newPassword)]
            let done = try await service.recover(id, "password", body, idempotencyKey: "p-1")
            let repeated = try await service.recover(id, "password", body, idempotencyKey: "p-1")
            #expect(done.status == 200)
            #expect(try done.json() == repeated.json())
            #expect(
                try await service.database.count(
                    "audit", where: "event = 'recovery-completed'") == 1)
        }
    }
}
