import Foundation
import Testing

@testable import Auth

/// Who has nothing left that a sign-in can ask for comes in again by a number, for two proofs (Z-1, Z-2).
@Suite struct NoWayInTests {
    @Test func `the last phone goes only for a number where no code may go to a mailbox`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let pin = try await service.ownSuperPIN(person)
            let lost = try await service.phone(person)
            try await service.setPolicy(["email_codes": false])
            let id = try await service.provenRecovery(person, pin)
            let dropped = try await service.recover(
                id, "factor", ["factor_id": .string(lost.id)])
            #expect(dropped.problem == "step-out-of-order", "\(dropped.text)")
            #expect(try await Self.numbers(service) == [[lost.number]])
            let number = TestService.freshMobile()
            try await service.proveNew(number: number, in: id)
            let done = try await service.recover(id, "factor", ["factor_id": .string(lost.id)])
            #expect(done.status == 200, "\(done.text)")
            #expect(try await Self.numbers(service) == [[number]])
            _ = try await service.signInByPhone(person, number)
        }
    }

    @Test func `it goes without one where codes on paper are left`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let pin = try await service.ownSuperPIN(person)
            _ = try await service.paperCodes(person)
            let lost = try await service.phone(person)
            try await service.setPolicy(["email_codes": false])
            let id = try await service.provenRecovery(person, pin)
            let done = try await service.recover(id, "factor", ["factor_id": .string(lost.id)])
            #expect(done.status == 200, "\(done.text)")
            #expect(try await service.login(person).status == 201)
        }
    }

    @Test func `a practice that ends codes by mail locks out nobody who has only a mailbox`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let pin = try await service.ownSuperPIN(person)
            try await service.setPolicy(["email_codes": false])
            #expect(try await service.login(person).problem == "factor-unavailable")
            let id = try await service.recovery(person.identifier)
            try await service.proveContact(id, to: person.email)
            // One proof is none, and two bring nothing that was not read.
            #expect(
                try await service.recover(id, "factor", [:]).problem == "step-out-of-order")
            _ = try await service.recover(id, "verify", ["super_pin": .string(pin)])
            #expect(
                try await service.recover(id, "factor", [:]).problem == "step-out-of-order")
            let number = TestService.freshMobile()
            try await service.proveNew(number: number, in: id)
            let done = try await service.recover(id, "factor", [:])
            #expect(done.status == 200, "\(done.text)")
            #expect(try done.json()["status"] == "done" && !done.text.contains("token"))
            #expect(try await service.database.value("select changed from recovery") == "factor")
            // The password is as it was, and what the number opens waits for an objection.
            let access = try await service.signInByPhone(person, number).access
            #expect(
                try await service.account("GET", "export", access).problem == "recovery-waiting")
        }
    }

    @Test func `two members of staff bring a number to who was imported without a mailbox`()
        async throws
    {
        try await TestService.run { service in
            var person = try await service.person(extra: ["email_confirmed": false])
            person.identifier = person.username
            #expect(try await service.login(person).problem == "factor-unavailable")
            let id = try await service.recovery(person.identifier)
            try await service.vouch(for: person, in: id)
            let number = TestService.freshMobile()
            try await service.proveNew(number: number, in: id)
            #expect(try await service.recover(id, "factor", [:]).problem == "recovery-waiting")
            try await service.travel(73 * 3600)
            let done = try await service.recover(id, "factor", [:])
            #expect(done.status == 200, "\(done.text)")
            _ = try await service.signInByPhone(person, number)
        }
    }

    @Test(arguments: [true, false])
    func `a number takes no place beside what a sign-in asks for`(isMailbox: Bool) async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let pin = try await service.ownSuperPIN(person)
            if !isMailbox {
                _ = try await service.phone(person)
                try await service.setPolicy(["email_codes": false])
            }
            let held = try await Self.numbers(service)
            let id = try await service.provenRecovery(person, pin)
            try await service.proveNew(number: TestService.freshMobile(), in: id)
            let answer = try await service.recover(id, "factor", [:])
            #expect(answer.problem == "factor-unknown", "\(answer.text)")
            #expect(try await Self.numbers(service) == held)
            // The recovery stands, and a new password brings no number either.
            #expect(try await service.setPassword(id).status == 200)
            #expect(try await Self.numbers(service) == held)
        }
    }

    @Test func `a password brings no number where there is nothing to sign in with`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let pin = try await service.ownSuperPIN(person)
            try await service.setPolicy(["email_codes": false])
            let id = try await service.provenRecovery(person, pin)
            try await service.proveNew(number: TestService.freshMobile(), in: id)
            #expect(try await service.setPassword(id).status == 200)
            #expect(try await Self.numbers(service).isEmpty)
        }
    }

    private static func numbers(_ service: TestService) async throws -> [[String?]] {
        try await service.database.rows(
            "select address from factor where type = 'sms' and activated_at is not null")
    }
}

extension TestService {
    /// Reads the code at a number that is new to the account.
    func proveNew(number: String, in id: String) async throws {
        let sent = try await recover(id, "codes", ["number": .string(number)])
        try #require(sent.status == 201, "\(sent.text)")
        let code = try await mail.code(of: sent.json(), to: number)
        let answer = try await recover(id, "verify", ["code": .string(code)])
        try #require(answer.status == 200, "\(answer.text)")
    }

    /// Two members of staff vouch for a person in a recovery.
    func vouch(for person: Person, in id: String) async throws {
        for staff in ["a.dewit", "b.bos"] {
            let code = try #require(
                try await deskCode(person, staff: staff).json()["desk_code"].string)
            let answer = try await recover(id, "verify", ["desk_code": .string(code)])
            try #require(answer.status == 200, "\(answer.text)")
        }
    }
}
