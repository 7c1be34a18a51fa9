import Foundation
import Testing

@testable import Auth

/// Help at the desk: one proof, two named people, and no secret of the patient's (Z-11, S11).
@Suite struct DeskCodeTests {
    @Test func `a desk code and an old mailbox are enough, and both people are in the audit`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            try await service.ageMailbox(person, days: 31)
            let made = try await service.deskCode(person)
            #expect(made.status == 201)
            let code = try #require(try made.json()["desk_code"].string)
            #expect(code.wholeMatch(of: /(\d{4} ){3}\d{4}/) != nil)
            // The patient hears of it, with a way to stop it.
            let told = try await service.mail.message(to: person.email)
            #expect(told.text.contains("baliecode") && told.text.contains("not-me"))
            let id = try await service.recovery(person.identifier)
            try await service.proveContact(id, to: person.email)
            let shown = try await service.recover(id, "verify", ["desk_code": .string(code)])
            #expect(try shown.json()["next"].string == "change")
            #expect(try await service.setPassword(id).status == 200)
            let account = try await service.accountID(person)
            let acts = try await service.database.rows(
                """
                select event, reason from audit
                where acting_staff = 'a.dewit' and account_id = '\(account)'
                order by audit_id
                """)
            #expect(
                acts == [
                    ["desk-code-made", "passport"], ["recovery-proof-shown", "desk_code"],
                ])
            #expect(
                try await service.database.count(
                    "desk_code", where: "code_hash::text like '%\(code.prefix(4))%'") == 0)
        }
    }

    @Test func `a mailbox that was confirmed last week does not do beside it`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            try await service.ageMailbox(person, days: 29)
            let code = try #require(
                try await service.deskCode(person).json()["desk_code"].string)
            let id = try await service.recovery(person.identifier)
            try await service.proveContact(id, to: person.email)
            let shown = try await service.recover(id, "verify", ["desk_code": .string(code)])
            #expect(try shown.json()["next"].string == "proof")
            #expect(try await service.setPassword(id).problem == "step-out-of-order")
        }
    }

    @Test func `neither does paper`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let pin = try await service.ownSuperPIN(person)
            let code = try #require(
                try await service.deskCode(person).json()["desk_code"].string)
            let id = try await service.recovery(person.identifier)
            _ = try await service.recover(id, "verify", ["desk_code": .string(code)])
            _ = try await service.recover(id, "verify", ["super_pin": .string(pin)])
            #expect(try await service.setPassword(id).problem == "step-out-of-order")
        }
    }

    @Test func `a second member of staff and three days do, unless the owner stops it`()
        async throws
    {
        try await TestService.run { service in
            for isStopped in [false, true] {
                let person = try await service.person()
                let id = try await service.recovery(person.identifier)
                for staff in ["a.dewit", "b.bos"] {
                    let code = try #require(
                        try await service.deskCode(person, staff: staff).json()["desk_code"]
                            .string)
                    _ = try await service.recover(id, "verify", ["desk_code": .string(code)])
                }
                let early = try await service.setPassword(id)
                #expect(early.problem == "recovery-waiting")
                try await service.travel(72 * 3600 - 60)
                #expect(try await service.setPassword(id).problem == "recovery-waiting")
                try await service.travel(60)
                if isStopped {
                    let link = try await service.mail.message(2, to: person.email).freezeCode
                    #expect(try await service.freeze(link).status < 300)
                }
                let late = try await service.setPassword(id)
                #expect(late.problem == (isStopped ? "recovery-ended" : nil))
            }
        }
    }

    @Test func `two codes of one member of staff are one proof`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let id = try await service.recovery(person.identifier)
            let first = try #require(
                try await service.deskCode(person).json()["desk_code"].string)
            _ = try await service.recover(id, "verify", ["desk_code": .string(first)])
            let second = try #require(
                try await service.deskCode(person).json()["desk_code"].string)
            let answer = try await service.recover(id, "verify", ["desk_code": .string(second)])
            #expect(answer.problem == "proof-repeated")
            #expect(try await service.setPassword(id).problem == "step-out-of-order")
        }
    }

    @Test func `it works once, for an hour, for its patient, and the next one voids it`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            func shows(_ code: String, _ name: String) async throws -> Bool {
                let id = try await service.recovery(name)
                let answer = try await service.recover(
                    id, "verify", ["desk_code": .string(code)])
                return answer.status == 200
            }
            func make() async throws -> String {
                try #require(try await service.deskCode(person).json()["desk_code"].string)
            }
            let other = try await service.person()
            let used = try await make()
            #expect(try await !shows(used, other.identifier))
            #expect(try await shows(used, person.identifier))
            #expect(try await !shows(used, person.identifier))
            let older = try await make()
            let newer = try await make()
            #expect(try await !shows(older, person.identifier))
            try await service.travel(3601)
            #expect(try await !shows(newer, person.identifier))
        }
    }

    @Test func `five a day are made for a patient`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            for _ in 1...5 { #expect(try await service.deskCode(person).status == 201) }
            let sixth = try await service.deskCode(person)
            #expect(sixth.problem == "too-many-changes")
            try await service.travel(86_401)
            #expect(try await service.deskCode(person).status == 201)
        }
    }

    @Test func `staff are named, and can neither see nor set a password`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let desk = try await service.key(scopes: [.desk])
            var body: [String: JSON] = [
                "patient": .string("ext-\(person.username)"), "identity_document": "passport",
            ]
            let unnamed = try await service.send(
                "POST", "/v1/support/desk-codes", json: .object(body), key: desk)
            #expect(unnamed.problem == "header-invalid")
            body["password"] = "Zomer-aan-Zee-43!"
            let curious = try await service.send(
                "POST", "/v1/support/desk-codes", json: .object(body), key: desk,
                headers: [TestService.staff])
            #expect(curious.problem == "field-invalid")
            let recovery = try await service.send(
                "POST", "/v1/recoveries", json: ["identifier": .string(person.identifier)],
                key: desk)
            #expect(recovery.problem == "scope-missing")
            let foreign = try await service.send(
                "POST", "/v1/support/desk-codes",
                json: ["patient": body["patient"] ?? .null, "identity_document": "passport"],
                key: service.foreignKey, headers: [TestService.staff])
            #expect(foreign.problem == "not-found")
        }
    }

    @Test func `the same request gets the same code for a minute`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let first = try await service.deskCode(person, idempotencyKey: "d-1")
            let again = try await service.deskCode(person, idempotencyKey: "d-1")
            #expect(try first.json() == again.json())
            try await service.travel(61)
            #expect(
                try await service.deskCode(person, idempotencyKey: "d-1").problem
                    == "idempotency-secret-gone")
            #expect(try await service.database.count("desk_code", where: "true") == 1)
        }
    }
}
