import Cryptography
import Foundation
import Testing

@testable import Auth

/// A mailbox that is gone gives way to one in which a code was read, for who shows two other things
/// (AC-9, Z-2, Z-17, Z-32).
@Suite struct LostMailboxTests {
    @Test func `letter and password bring another mailbox to who has no phone`() async throws {
        try await TestService.run { service in
            let lost = try await Self.lost(service)
            let tokens = try await service.tokens(of: lost.person)
            let shown = try await Self.proven(lost, service)
            #expect(shown["next"] == "change" && shown["proofs"] == ["super_pin", "password"])
            #expect(shown["factors"][0]["id"].string == lost.id)
            #expect(shown["factors"][0]["type"] == "email")
            let id = try #require(shown["id"].string)
            let mailbox = TestService.freshAddress()
            try await service.proveNew(mailbox, in: id)
            let told = service.mail.count(to: lost.person.email)
            let done = try await service.recover(id, "factor", ["factor_id": .string(lost.id)])
            #expect(done.status == 200, "\(done.text)")
            #expect(try done.json()["status"] == "done" && !done.text.contains("token"))
            // Old and new are told, and who was signed in is not any more.
            for (address, number) in [(lost.person.email, told + 1), (mailbox, 2)] {
                let notice = try await service.mail.message(number, to: address)
                #expect(notice.text.contains("Uw e-mailadres is gewijzigd"))
                #expect(notice.text.contains("not-me"))
            }
            #expect(try await service.refresh(tokens.refresh).problem == "token-invalid")
            // What they type and where the codes go is the new one; the password is as it was.
            #expect(try await service.login(lost.person).problem == "login-refused")
            var moved = lost.person
            moved.identifier = mailbox
            let login = try await service.login(moved)
            #expect(login.status == 201)
            let code = try await service.mail.code(of: login.json()["code"], to: mailbox)
            let session = try await service.verify(
                try #require(try login.json()["id"].string), code)
            let access = try #require(try session.json()["tokens"]["access_token"].string)
            // A sensitive act by the new mailbox waits for its owner to object.
            #expect(
                try await service.account("GET", "export", access).problem == "recovery-waiting")
            #expect(
                try await service.database.count("recovery_pin", where: "ended_at is null") == 0)
            #expect(try await service.database.value("select changed from recovery") == "mailbox")
        }
    }

    @Test func `without a new one that was read the mailbox stays`() async throws {
        try await TestService.run { service in
            let lost = try await Self.lost(service)
            let id = try #require(try await Self.proven(lost, service)["id"].string)
            func change() async throws -> String? {
                try await service.recover(id, "factor", ["factor_id": .string(lost.id)]).problem
            }
            #expect(try await change() == "step-out-of-order")
            let first = TestService.freshAddress()
            let sent = try await service.recover(id, "codes", ["email": .string(first)])
            #expect(sent.status == 201)
            #expect(try await change() == "step-out-of-order")
            let code = try await service.mail.code(of: sent.json(), to: first)
            #expect(
                try await service.recover(
                    id, "verify", ["code": .string(TestService.wrongDigits(code))]
                ).problem == "code-incorrect")
            #expect(try await change() == "step-out-of-order")
            // One that was read counts for nothing once another is asked for.
            try await service.proveNew(TestService.freshAddress(), in: id)
            _ = try await service.recover(
                id, "codes", ["email": .string(TestService.freshAddress())])
            #expect(try await change() == "step-out-of-order")
            #expect(
                try await service.recover(
                    id, "codes", ["email": .string(TestService.freshAddress())]
                ).problem == "sends-exhausted")
            #expect(try await Self.mailboxes(service) == [[lost.person.email]])
            #expect(try await service.login(lost.person).status == 201)
        }
    }

    @Test func `no new mailbox is tried before two proofs, nor one that is the account's`()
        async throws
    {
        try await TestService.run { service in
            let lost = try await Self.lost(service)
            let id = try await service.recovery(lost.person.username)
            _ = try await service.recover(id, "verify", ["super_pin": .string(lost.pin)])
            let mailbox = TestService.freshAddress()
            let early = try await service.recover(id, "codes", ["email": .string(mailbox)])
            #expect(early.problem == "step-out-of-order")
            #expect(service.mail.count(to: mailbox) == 0)
            _ = try await service.recover(
                id, "verify", ["password": .string(lost.person.password)])
            for (typed, code) in [
                (lost.person.email.uppercased(), "not-allowed"), ("anna@", "wrong-format"),
            ] {
                let answer = try await service.recover(id, "codes", ["email": .string(typed)])
                #expect(answer.problem == "field-invalid")
                #expect(try answer.json()["errors"][0]["pointer"] == "/email")
                #expect(try answer.json()["errors"][0]["code"].string == code)
            }
        }
    }

    @Test func `the mailbox that was a proof is not lost`() async throws {
        try await TestService.run { service in
            let lost = try await Self.lost(service)
            let id = try await service.provenRecovery(lost.person, lost.pin)
            try await service.proveNew(TestService.freshAddress(), in: id)
            let answer = try await service.recover(id, "factor", ["factor_id": .string(lost.id)])
            #expect(answer.problem == "factor-unknown")
            #expect(try await Self.mailboxes(service) == [[lost.person.email]])
        }
    }

    @Test func `an address that somebody else has names nobody besides`() async throws {
        try await TestService.run { service in
            let other = try await service.person()
            let lost = try await Self.lost(service)
            let id = try #require(try await Self.proven(lost, service)["id"].string)
            try await service.proveNew(other.email, in: id)
            #expect(
                try await service.recover(id, "factor", ["factor_id": .string(lost.id)]).status
                    == 200)
            // The username is left to sign in with; the address is the other's as before.
            var named = lost.person
            named.identifier = named.username
            #expect(try await service.login(named).status == 201)
            #expect(
                try await service.database.count("identifier", where: "kind = 'email'") == 1)

            // Who would be known by nothing keeps the mailbox.
            let nameless = try await Self.lost(service)
            try await service.database.execute(
                """
                delete from identifier
                where kind <> 'email' and account_id = '\(nameless.account)'
                """)
            let second = try #require(
                try await Self.proven(nameless, service, by: nameless.person.email)["id"].string)
            try await service.proveNew(other.email, in: second)
            #expect(
                try await service.recover(second, "factor", ["factor_id": .string(nameless.id)])
                    .problem == "address-taken")
            #expect(try await service.login(nameless.person).status == 201)
        }
    }

    @Test func `codes that were chosen to come by mail come to the new one`() async throws {
        try await TestService.run { service in
            let lost = try await Self.lost(service)
            _ = try await service.phone(lost.person)
            try await service.database.execute(
                """
                insert into factor
                    (account_id, factor_id, practice_id, type, activated_at)
                values ('\(lost.account)', '\(lost.id)', '\(service.practice.text)', 'email',
                        clock_timestamp())
                """)
            let id = try #require(try await Self.proven(lost, service)["id"].string)
            let mailbox = TestService.freshAddress()
            try await service.proveNew(mailbox, in: id)
            _ = try await service.recover(id, "factor", ["factor_id": .string(lost.id)])
            var moved = lost.person
            moved.identifier = mailbox
            let login = try await service.login(moved).json()
            #expect(login["factors"].array.map { $0["type"].string } == ["sms", "email"])
            #expect(
                login["factors"][1]["destination"].string == MaskedDestination.email(mailbox))
        }
    }

    @Test func `a thief's mailbox that the owner stopped proves nothing and is gone`() async throws
    {
        try await TestService.run { service in
            // The thief has letter and password; the owner objects by the mail to the former mailbox,
            // when the three days are long over.
            let owner = try await Self.lost(service)
            let theirs = TestService.freshAddress()
            let stolen = try #require(try await Self.proven(owner, service)["id"].string)
            try await service.proveNew(theirs, in: stolen)
            let mails = service.mail.count(to: owner.person.email)
            _ = try await service.recover(stolen, "factor", ["factor_id": .string(owner.id)])
            let link = try await service.mail.message(mails + 1, to: owner.person.email).freezeCode
            try await service.travel(5 * 86_400)
            #expect(try await service.freeze(link).status == 204)

            // What the thief brought proves nothing from then on.
            let again = try await service.recovery(owner.person.username)
            #expect(try await service.recover(again, "codes", [:]).status == 201)
            #expect(try await service.database.count("audit", where: "reason = 'no-contact'") == 1)
            // The desk knows the owner by the face.
            for staff in ["a.dewit", "b.bos"] {
                let code = try #require(
                    try await service.send(
                        "POST", "/v1/support/desk-codes",
                        json: [
                            "patient": .string("ext-\(owner.person.username)"),
                            "identity_document": "passport",
                        ], headers: [("X-Acting-Staff", staff)]
                    ).json()["desk_code"].string)
                _ = try await service.recover(again, "verify", ["desk_code": .string(code)])
            }
            try await service.travel(73 * 3600)
            #expect(try await service.setPassword(again).status == 200)
            #expect(try await Self.mailboxes(service) == [])
            // That is told to no mailbox, and neither were the desk's codes.
            #expect(try await service.database.count("audit", where: "reason = 'no-mailbox'") == 3)

            // No code can go anywhere, until the desk's two and a number that was read bring one.
            var known = owner.person
            known.identifier = known.username
            known.password = TestService.newPassword
            #expect(try await service.login(known).problem == "factor-unavailable")
            let third = try await service.recovery(known.username)
            try await service.vouch(for: known, in: third)
            let number = TestService.freshMobile()
            try await service.proveNew(number: number, in: third)
            try await service.travel(73 * 3600)
            let bound = try await service.recover(third, "factor", [:])
            #expect(bound.status == 200, "\(bound.text)")
            _ = try await service.signInByPhone(known, number)
        }
    }

    @Test func `the same change under the same key is made once and answered again`()
        async throws
    {
        try await TestService.run { service in
            let lost = try await Self.lost(service)
            let id = try #require(try await Self.proven(lost, service)["id"].string)
            try await service.proveNew(TestService.freshAddress(), in: id)
            let answers = try await parallel(6) { _ in
                try await service.recover(
                    id, "factor", ["factor_id": .string(lost.id)], idempotencyKey: "m-1")
            }
            #expect(answers.contains { $0.status == 200 })
            #expect(
                answers.allSatisfy { $0.status == 200 || $0.problem == "idempotency-in-progress" })
            #expect(
                try await service.recover(
                    id, "factor", ["factor_id": .string(lost.id)], idempotencyKey: "m-1"
                ).status == 200)
            #expect(try await Self.mailboxes(service).count == 1)
        }
    }
}

// MARK: - The password as a proof

extension LostMailboxTests {
    @Test func `the password is compared only beside something of the person's own`() async throws {
        try await TestService.run { service in
            let lost = try await Self.lost(service)
            let right: JSON = ["password": .string(lost.person.password)]
            let known = try await service.recovery(lost.person.username)
            let nobody = try await service.recovery("nobody-\(lost.person.username)")
            let first = try await service.recover(known, "verify", right)
            let second = try await service.recover(nobody, "verify", right)
            #expect(first.problem == "step-out-of-order")
            #expect(
                RecoveryEnumerationTests.shape(first) == RecoveryEnumerationTests.shape(second))
            #expect(try await service.database.count("throttle", where: "failures > 1") == 0)
            let begun = try await service.recover(
                known, "verify", ["super_pin": .string(lost.pin)])
            #expect(try begun.json()["ways"].array.contains("password"))
            #expect(try await service.recover(known, "verify", right).status == 200)
            let twice = try await service.recover(known, "verify", right)
            #expect(twice.problem == "proof-repeated")
        }
    }

    @Test func `wrong ones are counted by themselves, and the fifth starts a wait`() async throws {
        try await TestService.run { service in
            let lost = try await Self.lost(service)
            let id = try await service.recovery(lost.person.username)
            _ = try await service.recover(id, "verify", ["super_pin": .string(lost.pin)])
            for _ in 1...LoginLimits.freeTries {
                let wrong = try await service.recover(
                    id, "verify", ["password": "Lente-op-Zolder-81!"])
                #expect(wrong.problem == "password-incorrect")
            }
            let waits = try await service.recover(
                id, "verify", ["password": .string(lost.person.password)])
            #expect(waits.problem == "password-throttled")
            #expect(
                (1...LoginLimits.firstWaitSeconds).contains(
                    Int(waits.header("Retry-After") ?? "") ?? 0))
            // A sign-in knows nothing of it.
            #expect(try await service.login(lost.person).status == 201)
            try await service.travel(Double(LoginLimits.firstWaitSeconds))
            let right = try await service.recover(
                id, "verify", ["password": .string(lost.person.password)])
            #expect(right.status == 200, "\(right.text)")
        }
    }

    @Test func `the mailbox and the password take no phone away`() async throws {
        try await TestService.run { service in
            let lost = try await Self.lost(service)
            let phone = try await service.phone(lost.person)
            let id = try await service.recovery(lost.person.username)
            try await service.proveContact(id, to: lost.person.email)
            let shown = try await service.recover(
                id, "verify", ["password": .string(lost.person.password)])
            #expect(try shown.json()["next"] == "proof")
            #expect(try shown.json()["factors"].array.isEmpty)
            for (step, body) in [
                ("factor", ["factor_id": .string(phone.id)]),
                ("password", ["password": .string(TestService.newPassword)]),
                ("codes", ["number": "0611223344"]),
            ] as [(String, JSON)] {
                #expect(
                    try await service.recover(id, step, body).problem == "step-out-of-order",
                    "\(step)")
            }
            // Nor does one member of staff who knows no old contact.
            let desk = try #require(
                try await service.deskCode(lost.person).json()["desk_code"].string)
            _ = try await service.recover(id, "verify", ["desk_code": .string(desk)])
            #expect(try await service.setPassword(id).problem == "step-out-of-order")
            // A key that makes a request safe to repeat makes it no surer.
            let keyed = try await service.recover(
                id, "password", ["password": .string(TestService.newPassword)],
                idempotencyKey: "surer")
            #expect(keyed.problem == "step-out-of-order")
            let lostPhone = try await service.recover(
                id, "factor", ["factor_id": .string(phone.id)], idempotencyKey: "surer-2")
            #expect(lostPhone.problem == "step-out-of-order")
            #expect(try await service.database.count("factor", where: "true") == 1)
        }
    }

    @Test func `who tries beside the mailbox makes nobody wait who has the letter`() async throws {
        try await TestService.run { service in
            let lost = try await Self.lost(service)
            let thief = try await service.recovery(lost.person.email)
            try await service.proveContact(thief, to: lost.person.email)
            for _ in 1...LoginLimits.freeTries {
                _ = try await service.recover(
                    thief, "verify", ["password": "Lente-op-Zolder-81!"])
            }
            let waits = try await service.recover(
                thief, "verify", ["password": "Lente-op-Zolder-81!"])
            #expect(waits.problem == "password-throttled")
            #expect(try await Self.proven(lost, service)["next"] == "change")
        }
    }

    @Test func `a password that a stopped recovery set is no proof, however old it is`()
        async throws
    {
        try await TestService.run { service in
            let lost = try await Self.lost(service)
            let paper = try await service.paperCodes(lost.person)
            let phone = try await service.phone(lost.person)
            // The thief has phone and letter.
            let stolen = try await service.recovery(lost.person.username)
            try await service.proveContact(stolen, "sms", to: phone.number)
            _ = try await service.recover(stolen, "verify", ["super_pin": .string(lost.pin)])
            #expect(try await service.setPassword(stolen).status == 200)
            try await service.travel(5 * 86_400)
            try await service.freeze(lost.person)
            try await service.travel(5 * 86_400)
            let again = try await service.recovery(lost.person.username)
            try await service.proveContact(again, "sms", to: phone.number)
            let both = try await service.recover(
                again, "verify", ["password": .string(TestService.newPassword)])
            #expect(both.status == 200)
            #expect(try both.json()["next"] == "proof")
            // The owner has two others.
            let own = try await service.recovery(lost.person.username)
            try await service.proveContact(own, to: lost.person.email)
            _ = try await service.recover(own, "verify", ["recovery_code": .string(paper[0])])
            #expect(try await service.setPassword(own, "Lente-op-Zolder-81!").status == 200)
        }
    }

    @Test func `a password that a thief set before the freeze is no proof`() async throws {
        try await TestService.run { service in
            let lost = try await Self.lost(service)
            try await service.travel(40 * 86_400)
            let stolen = try await service.tokens(of: lost.person).access
            let theirs = "Lente-op-Zolder-81!"
            #expect(
                try await service.changePassword(lost.person, to: theirs, token: stolen).status
                    == 204)
            try await service.freeze(lost.person)
            let id = try await service.recovery(lost.person.username)
            _ = try await service.recover(id, "verify", ["super_pin": .string(lost.pin)])
            let both = try await service.recover(id, "verify", ["password": .string(theirs)])
            #expect(try both.json()["next"] == "proof")
            let changed = try await service.recover(
                id, "factor", ["factor_id": .string(lost.id)])
            #expect(changed.problem == "step-out-of-order")
        }
    }
}

// MARK: - Who they are

extension LostMailboxTests {
    /// Somebody with a mailbox, a password and a letter, and no phone.
    private struct Lost {
        let person: Person
        let account: String
        let pin: String
        /// Of the mailbox.
        let id: String
    }

    private static func lost(_ service: TestService) async throws -> Lost {
        let person = try await service.person()
        let id = try await service.database.value(
            "select contact_id from contact where address = '\(person.email)'")
        return Lost(
            person: person, account: try await service.accountID(person),
            pin: try await service.ownSuperPIN(person), id: try #require(id))
    }

    /// A recovery in which letter and password are shown.
    private static func proven(
        _ lost: Lost, _ service: TestService, by identifier: String? = nil
    ) async throws -> JSON {
        let id = try await service.recovery(identifier ?? lost.person.username)
        _ = try await service.recover(id, "verify", ["super_pin": .string(lost.pin)])
        let answer = try await service.recover(
            id, "verify", ["password": .string(lost.person.password)])
        try #require(answer.status == 200, "\(answer.text)")
        return try answer.json()
    }

    private static func mailboxes(_ service: TestService) async throws -> [[String?]] {
        try await service.database.rows(
            "select address from contact where kind = 'email' and confirmed_at is not null")
    }
}

extension TestService {
    /// Reads the code in a mailbox that is to take a lost one's place.
    func proveNew(_ mailbox: String, in id: String) async throws {
        let sent = try await recover(id, "codes", ["email": .string(mailbox)])
        try #require(sent.status == 201, "\(sent.text)")
        #expect(try sent.json()["destination"].string == MaskedDestination.email(mailbox))
        let code = try await mail.code(of: sent.json(), to: mailbox)
        let answer = try await recover(id, "verify", ["code": .string(code)])
        try #require(answer.status == 200, "\(answer.text)")
    }
}
