import Cryptography
import Foundation
import Testing

@testable import Auth

/// What an owner has after "this was not me" of a change of mailbox: its name by the freeze, itself by the
/// recovery that lifts it, and neither is worth anything to who reads the former mailbox (Z-2, Z-32).
@Suite struct FormerMailboxTests {
    @Test func `its owner begins by the former address, reads a code there, and has it back`()
        async throws
    {
        try await TestService.run { service in
            let frozen = try await FrozenRecoveryTests.frozen(service)
            let person = frozen.person
            let id = try await service.recovery(person.email)
            let read = try await service.proveContact(id, to: person.email)
            #expect(read["proofs"] == ["email"] && read["next"] == "proof")
            try await service.proveContact(id, "sms", to: TestService.number)
            let whole = try await service.recover(
                id, "verify", ["super_pin": .string(frozen.pin)])
            #expect(try whole.json()["next"] == "change")
            // It can't be the lost one too.
            #expect(
                try whole.json()["factors"].array.allSatisfy {
                    $0["destination"].string != MaskedDestination.email(person.email)
                })
            try await service.settle()
            let mails = service.mail.count(to: person.email)
            let theirs = service.mail.count(to: frozen.mailbox)
            #expect(try await service.setPassword(id).status == 200)
            #expect(try await Self.mailboxes(service) == [[person.email]])
            let told = try await service.mail.message(mails + 1, to: person.email)
            #expect(told.text.contains("De toegang tot uw account is hersteld."))
            #expect(!told.freezeCode.isEmpty)
            try await service.settle()
            #expect(service.mail.count(to: frozen.mailbox) == theirs)
            #expect(
                try await service.login(person, password: TestService.newPassword).status == 201)
            var stranger = person
            stranger.identifier = frozen.mailbox
            #expect(
                try await service.login(stranger, password: TestService.newPassword).problem
                    == "login-refused")
            #expect(try await service.database.count("contact", where: "kind = 'email'") == 1)
            #expect(try await service.database.count("identifier", where: "true") == 2)
        }
    }

    @Test func `the former mailbox with password, paper or desk is who it was left to`()
        async throws
    {
        try await TestService.run { service in
            let frozen = try await FrozenRecoveryTests.frozen(service)
            let id = try await service.recovery(frozen.person.email)
            try await service.proveContact(id, to: frozen.person.email)
            let password = try await service.recover(
                id, "verify", ["password": .string(frozen.person.password)])
            #expect(password.problem == "step-out-of-order")
            // Nor do they spend the owner's tries.
            let wrong: JSON = ["super_pin": .string(SuperPIN.random().printed.expose())]
            #expect(
                try await service.recover(id, "verify", wrong).json()["attempts_left"].isAbsent)
            let desk = try #require(
                try await service.deskCode(frozen.person).json()["desk_code"].string)
            let proofs: [JSON] = [
                ["super_pin": .string(frozen.pin)], ["desk_code": .string(desk)],
            ]
            for proof in proofs {
                let shown = try await service.recover(id, "verify", proof)
                #expect(shown.status == 200, "\(shown.text)")
                #expect(try shown.json()["next"] == "proof")
                #expect(try await service.setPassword(id).problem == "step-out-of-order")
            }
            #expect(try await Self.mailboxes(service) == [[frozen.mailbox]])
            #expect(
                try await service.database.count("account", where: "frozen_at is not null") == 1)
        }
    }

    @Test func `who recovers without reading it has it not back, and no link goes there`()
        async throws
    {
        try await TestService.run { service in
            let frozen = try await FrozenRecoveryTests.frozen(service)
            let id = try await service.recovery(frozen.person.username)
            try await service.proveContact(id, "sms", to: TestService.number)
            _ = try await service.recover(id, "verify", ["super_pin": .string(frozen.pin)])
            try await service.settle()
            let mails = service.mail.count(to: frozen.person.email)
            #expect(try await service.setPassword(id).status == 200)
            try await service.settle()
            #expect(service.mail.count(to: frozen.person.email) == mails)
            #expect(try await Self.mailboxes(service).isEmpty)
            // By its name the owner signs in.
            let login = try await service.login(
                frozen.person, password: TestService.newPassword)
            #expect(login.status == 201, "\(login.text)")
        }
    }

    @Test func `meanwhile the former mailbox is told without a link, and the thief nothing`()
        async throws
    {
        try await TestService.run { service in
            let frozen = try await FrozenRecoveryTests.frozen(service)
            try await service.settle()
            let mails = service.mail.count(to: frozen.person.email)
            let theirs = service.mail.count(to: frozen.mailbox)
            let codes = try await service.database.count("freeze_code", where: "true")
            #expect(try await service.deskCode(frozen.person).status == 201)
            let told = try await service.mail.message(mails + 1, to: frozen.person.email)
            #expect(told.text.contains("De praktijk heeft een baliecode gemaakt"))
            #expect(told.freezeCode.isEmpty && !told.text.contains("https://"))
            #expect(told.text.contains("Neem dan meteen contact op met"))
            // Nor does another system's code go where the thief reads.
            let account = try await service.database.value("select account_id from account")
            let code = try await service.send(
                "POST", "/v1/codes",
                json: [
                    "channel": "email", "account_id": .string(account ?? ""),
                    "purpose": "pick-up",
                ])
            #expect(code.problem == "channel-unavailable", "\(code.text)")
            try await service.settle()
            #expect(service.mail.count(to: frozen.mailbox) == theirs)
            #expect(try await service.database.count("freeze_code", where: "true") == codes)
        }
    }

    @Test func `a new super-PIN and a re-activation go nowhere that the freeze was against`()
        async throws
    {
        try await TestService.run { service in
            let frozen = try await FrozenRecoveryTests.frozen(service)
            try await service.settle()
            let theirs = service.mail.count(to: frozen.mailbox)
            let patient = "ext-\(frozen.person.username)"
            #expect(try await service.makeSuperPIN(patient).status == 201)
            let back = try await service.reactivate(patient)
            #expect(back.problem == "patient-incomplete", "\(back.text)")
            try await service.settle()
            #expect(service.mail.count(to: frozen.mailbox) == theirs)
        }
    }

    @Test func `who reads it alone sends from what strangers may spend`() async throws {
        try await TestService.run { service in
            let frozen = try await FrozenRecoveryTests.frozen(service)
            let spent = """
                select coalesce(sum(amount), 0) from send_count where counter = 'sms-recovery'
                """
            let id = try await service.recovery(frozen.person.email)
            try await service.proveContact(id, to: frozen.person.email)
            #expect(try await service.database.value(spent) == "0")
            #expect(try await service.recover(id, "codes", ["channel": "sms"]).status == 201)
            #expect(try await service.database.value(spent) == "1")
        }
    }

    @Test func `it proves no more once nothing is known of it`() async throws {
        try await TestService.run { service in
            let frozen = try await FrozenRecoveryTests.frozen(service)
            let id = try await service.recovery(frozen.person.email)
            try await service.proveContact(id, to: frozen.person.email)
            // As the housekeeper does with those that are over.
            try await service.database.execute(
                "delete from contact where stood_until is not null")
            let shown = try await service.proveContact(id, "sms", to: TestService.number)
            #expect(shown["next"] == "proof")
            #expect(try await service.setPassword(id).problem == "step-out-of-order")
        }
    }

    @Test func `a link that was used late reaches as far back as one that was used at once`()
        async throws
    {
        try await TestService.run { service in
            let frozen = try await FrozenRecoveryTests.frozen(
                service, withoutOldPhone: true, daysLater: 10)
            try await service.settle()
            let read = service.mail.count(to: frozen.mailbox)
            let theirs = try await service.recovery(frozen.mailbox)
            #expect(try await service.recover(theirs, "codes", [:]).status == 201)
            let id = try await service.recovery(frozen.person.username)
            try await service.proveContact(id, "sms", to: frozen.number)
            let password = try await service.recover(
                id, "verify", ["password": .string(frozen.person.password)])
            #expect(password.problem == "step-out-of-order")
            _ = try await service.recover(id, "verify", ["super_pin": .string(frozen.pin)])
            #expect(try await service.setPassword(id).problem == "step-out-of-order")
            #expect(service.mail.count(to: frozen.mailbox) == read)
            let own = try await service.recovery(frozen.person.email)
            try await service.proveContact(own, to: frozen.person.email)
        }
    }

    @Test func `an address that somebody signs in with meanwhile comes back as no name`()
        async throws
    {
        try await TestService.run { service in
            let other = try await service.person()
            let frozen = try await FrozenRecoveryTests.frozen(service) { person in
                let token = try await service.tokens(of: other).access
                let code = try await service.askEmail(other, person.email, token: token)
                #expect(try await service.type(code, token: token).status == 200)
            }
            let id = try await service.recovery(frozen.person.username)
            try await service.proveContact(id, to: frozen.person.email)
            try await service.proveContact(id, "sms", to: TestService.number)
            _ = try await service.recover(id, "verify", ["super_pin": .string(frozen.pin)])
            #expect(try await service.setPassword(id).status == 200)
            #expect(
                try await service.database.count(
                    "contact",
                    where: "address = '\(frozen.person.email)' and confirmed_at is not null") == 2)
            #expect(
                try await service.login(frozen.person, password: TestService.newPassword).problem
                    == "login-refused")
            var shared = other
            shared.identifier = frozen.person.email
            #expect(try await service.login(shared).status == 201)
            var stranger = frozen.person
            stranger.identifier = frozen.mailbox
            #expect(
                try await service.login(stranger, password: TestService.newPassword).problem
                    == "login-refused")
        }
    }

    @Test func `codes that were chosen to come by mail come to the former mailbox again`()
        async throws
    {
        try await TestService.run { service in
            let frozen = try await FrozenRecoveryTests.frozen(service)
            // Chosen long ago, and led to the thief's mailbox by the change.
            try await service.database.execute(
                """
                insert into factor (account_id, factor_id, practice_id, type, activated_at)
                select account_id, contact_id, '\(service.practice.text)', 'email',
                       clock_timestamp() - interval '30 days'
                from contact
                where address = '\(frozen.mailbox)'
                """)
            let id = try await service.recovery(frozen.person.email)
            try await service.proveContact(id, to: frozen.person.email)
            try await service.proveContact(id, "sms", to: TestService.number)
            _ = try await service.recover(id, "verify", ["super_pin": .string(frozen.pin)])
            #expect(try await service.setPassword(id).status == 200)
            let login = try await service.login(
                frozen.person, password: TestService.newPassword
            ).json()
            #expect(
                login["factors"].array.contains {
                    $0["destination"].string == MaskedDestination.email(frozen.person.email)
                })
        }
    }

    @Test func `a thief's links stop nobody, neither while the freeze lasts nor after it`()
        async throws
    {
        try await TestService.run { service in
            var person = try await service.person()
            let pin = try await service.ownSuperPIN(person)
            let phone = try await service.phone(person)
            try await service.travel(40 * 86_400)
            let stolen = try await service.signInByPhone(person, phone.number).access
            // The owner is told of the password and of the mailbox, and only the thief of the number.
            let mails = service.mail.count(to: person.email)
            let password = "Herfst-in-de-Duinen-17!"
            #expect(
                try await service.changePassword(person, to: password, token: stolen).status == 204)
            person.password = password
            let first = try await service.mail.message(mails + 1, to: person.email).freezeCode
            let mailbox = TestService.freshAddress()
            let code = try await service.askEmail(person, mailbox, token: stolen)
            #expect(try await service.type(code, token: stolen).status == 200)
            let second = try await service.mail.message(mails + 2, to: person.email).freezeCode
            _ = try await service.mail.message(2, to: mailbox)
            let number = TestService.freshMobile()
            #expect(try await service.askMobile(person, number, token: stolen).status == 202)
            let typed = try await service.mail.message(to: number).code
            #expect(try await service.type(typed, "mobile", token: stolen).status == 200)
            // The code, that of the mailbox, that of the number.
            let theirs = try await service.mail.message(3, to: mailbox).freezeCode
            #expect(Set([first, second, theirs, ""]).count == 4)

            #expect(try await service.freeze(second).status == 204)
            #expect(try await service.mail.message(4, to: mailbox).freezeCode.isEmpty)
            let id = try await service.recovery(person.email)
            try await service.proveContact(id, to: person.email)
            #expect(try await service.freeze(theirs).problem == "link-unknown")
            try await service.proveContact(id, "sms", to: phone.number)
            _ = try await service.recover(id, "verify", ["super_pin": .string(pin)])
            #expect(try await service.setPassword(id).status == 200)
            #expect(try await service.freeze(first).problem == "link-unknown")
            #expect(
                try await service.login(person, password: TestService.newPassword).status == 201)
        }
    }

    @Test func `a link to an earlier change reaches further back than the one that was used first`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let pin = try await service.ownSuperPIN(person)
            let phone = try await service.phone(person)
            try await service.travel(40 * 86_400)
            // A thief adds a phone, and a week later changes the password.
            let number = TestService.freshMobile()
            let mails = service.mail.count(to: person.email)
            _ = try await service.phone(
                try await service.signInByPhone(person, phone.number).access, number)
            let first = try await service.mail.message(mails + 1, to: person.email).freezeCode
            try await service.travel(7 * 86_400)
            let stolen = try await service.signInByPhone(person, phone.number).access
            let told = service.mail.count(to: person.email)
            let changed = try await service.changePassword(
                person, to: "Herfst-in-de-Duinen-17!", token: stolen)
            try #require(changed.status == 204, "\(changed.text)")
            let second = try await service.mail.message(told + 1, to: person.email).freezeCode
            #expect(try await service.freeze(second).status == 204)
            let id = try await service.recovery(person.username)
            try await service.proveContact(id, "sms", to: phone.number)
            #expect(
                try await service.proveContact(id, "sms", to: number)["next"] == "change")
            #expect(try await service.freeze(first).status == 204)
            let again = try await service.recovery(person.username)
            try await service.proveContact(again, "sms", to: phone.number)
            #expect(
                try await service.proveContact(again, "sms", to: number)["next"] == "proof")
            _ = try await service.recover(again, "verify", ["super_pin": .string(pin)])
            #expect(try await service.setPassword(again).status == 200)
            #expect(
                try await service.database.rows("select address from factor") == [[phone.number]])
        }
    }

    private static func mailboxes(_ service: TestService) async throws -> [[String?]] {
        try await service.database.rows(
            "select address from contact where kind = 'email' and confirmed_at is not null")
    }
}
