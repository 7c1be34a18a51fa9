import Cryptography
import Foundation
import Testing

@testable import Auth

/// What came to an account in the three days before its owner froze it lifts no freeze, and goes with it
/// (Z-2, Z-32).
@Suite struct FrozenRecoveryTests {
    @Test func `a thief who changed mailbox and phone before the freeze does not lift it by them`()
        async throws
    {
        try await TestService.run { service in
            let frozen = try await Self.frozen(service, withoutOldPhone: true)
            // Their mailbox is nobody's any more.
            try await service.settle()
            let read = service.mail.count(to: frozen.mailbox)
            let nobody = try await service.recovery(frozen.mailbox)
            #expect(try await service.recover(nobody, "codes", [:]).status == 201)
            let id = try await service.recovery(frozen.person.username)
            let phone = try await service.proveContact(id, "sms", to: frozen.number)
            #expect(service.mail.count(to: frozen.mailbox) == read)
            #expect(phone["proofs"] == ["sms"])
            #expect(phone["next"] == "proof" && phone["factors"].array.isEmpty)
            #expect(try await service.setPassword(id).problem == "step-out-of-order")
            let lost = try await service.recover(
                id, "factor", ["factor_id": .string(frozen.oldPhone)])
            #expect(lost.problem == "step-out-of-order")
            // Nor do they get to spend the owner's tries by having reached themselves.
            let wrong: JSON = ["super_pin": .string(SuperPIN.random().printed.expose())]
            let guess = try await service.recover(id, "verify", wrong)
            #expect(try guess.json()["attempts_left"].isAbsent)
            #expect(
                try await service.recover(id, "verify", ["totp": "123456"]).problem
                    == "step-out-of-order")
            #expect(
                try await service.database.value("select tries_left from recovery_pin") == "10")
            // Time makes them no older than the freeze.
            try await service.travel(31 * 86_400)
            let late = try await service.recovery(frozen.person.username)
            try await service.proveContact(late, "sms", to: frozen.number)
            let desk = try #require(
                try await service.deskCode(frozen.person).json()["desk_code"].string)
            let vouched = try await service.recover(late, "verify", ["desk_code": .string(desk)])
            #expect(try vouched.json()["next"] == "proof")
            #expect(try await service.setPassword(late).problem == "step-out-of-order")
            #expect(
                try await service.database.count("account", where: "frozen_at is not null") == 1)
        }
    }

    @Test func `its owner lifts it by what is older, and what the thief brought is gone`()
        async throws
    {
        try await TestService.run { service in
            let frozen = try await Self.frozen(service)
            let id = try await service.recovery(frozen.person.username)
            try await service.proveContact(id, "sms", to: TestService.number)
            let whole = try await service.recover(
                id, "verify", ["super_pin": .string(frozen.pin)])
            #expect(try whole.json()["next"] == "change")
            #expect(try await service.setPassword(id).status == 200)
            let left = try await service.database.rows(
                "select address from factor where activated_at is not null")
            #expect(left == [[TestService.number]])
            #expect(
                try await service.database.count("contact", where: "confirmed_at is not null") == 0)
            // Nor does the thief come back once nothing is frozen and the three days are over.
            try await service.travel(73 * 3600)
            let theirs = try await service.recovery(frozen.mailbox)
            let sent = service.mail.count(to: frozen.mailbox)
            #expect(try await service.recover(theirs, "codes", [:]).status == 201)
            var renewed = frozen.person
            renewed.identifier = renewed.username
            renewed.password = TestService.newPassword
            _ = try await service.signInByPhone(renewed)
            #expect(service.mail.count(to: frozen.mailbox) == sent)
        }
    }

    @Test func `who has nothing older than paper needs two members of staff and three days`()
        async throws
    {
        try await TestService.run { service in
            let frozen = try await Self.frozen(service, withoutOldPhone: true)
            let id = try await service.recovery(frozen.person.username)
            _ = try await service.recover(id, "verify", ["super_pin": .string(frozen.pin)])
            for staff in ["a.dewit", "b.bos"] {
                #expect(try await service.setPassword(id).problem == "step-out-of-order")
                let code = try #require(
                    try await service.deskCode(frozen.person, staff: staff).json()["desk_code"]
                        .string)
                _ = try await service.recover(id, "verify", ["desk_code": .string(code)])
            }
            #expect(try await service.setPassword(id).problem == "recovery-waiting")
            try await service.travel(72 * 3600)
            #expect(try await service.setPassword(id).status == 200)
            #expect(
                try await service.database.count("account", where: "frozen_at is not null") == 0)
        }
    }

    @Test func `a new account's first mailbox and phone lift it`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let phone = try await service.phone(person)
            try await service.travel(3600)
            try await service.freeze(person)
            let id = try await service.recovery(person.identifier)
            try await service.proveContact(id, to: person.email)
            try await service.proveContact(id, "sms", to: phone.number)
            #expect(try await service.setPassword(id).status == 200)
            _ = try await service.login(person, password: TestService.newPassword)
            #expect(try await service.database.count("factor", where: "true") == 1)
        }
    }

    /// An account that a thief with a fresh sign-in and the password gave a mailbox and a phone of their
    /// own, and that its owner stopped by the mail to the mailbox before it.
    struct Frozen {
        let person: Person
        let pin: String
        let oldPhone: String
        let mailbox: String
        let number: String
    }

    static func frozen(
        _ service: TestService, withoutOldPhone: Bool = false, daysLater: Double = 0,
        meanwhile: (Person) async throws -> Void = { _ in }
    ) async throws -> Frozen {
        let person = try await service.person()
        let oldPhone = try await service.phone(try await service.tokens(of: person).access)
        let pin = try await service.ownSuperPIN(person)
        try await service.travel(40 * 86_400)
        let stolen = try await service.signInByPhone(person).access
        let mailbox = TestService.freshAddress()
        let code = try await service.askEmail(person, mailbox, token: stolen)
        let mails = service.mail.count(to: person.email)
        #expect(try await service.type(code, token: stolen).status == 200)
        let number = TestService.freshMobile()
        _ = try await service.phone(stolen, number)
        if withoutOldPhone {
            let gone = try await service.account("DELETE", "factors/\(oldPhone)", stolen)
            try #require(gone.status == 204, "\(gone.text)")
        }
        let link = try await service.mail.message(mails + 1, to: person.email).freezeCode
        try await meanwhile(person)
        try await service.travel(daysLater * 86_400)
        #expect(try await service.freeze(link).status == 204)
        return Frozen(
            person: person, pin: pin, oldPhone: oldPhone, mailbox: mailbox, number: number)
    }
}
