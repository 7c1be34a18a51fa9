import Foundation
import Testing

@testable import Auth

/// The patient's own super-PIN, which nobody but them ever sees (AC-5, AC-8).
@Suite struct OwnSuperPINTests {
    @Test func `the old one works until the new one is activated, and dies with it`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let token = try await service.token(person)
            let first = try await service.makeOwnSuperPIN(token).json()
            let old = try #require(first["super_pin"].string)
            #expect(try await service.activateOwnSuperPIN(token).status == 200)
            #expect(try await service.ownPINs(old) == ["active it"])
            // One that nobody saved is in nobody's way.
            let lost = try await service.makeOwnSuperPIN(token).json()
            #expect(lost["customer_number"] == first["customer_number"])
            let next = try await service.makeOwnSuperPIN(token).json()
            let new = try #require(next["super_pin"].string)
            #expect(try await service.ownPINs(old) == ["active it", "over", "pending"])
            #expect(try await service.ownPINs(new) == ["active", "over", "pending it"])
            #expect(try await service.activateOwnSuperPIN(token).status == 200)
            #expect(try await service.ownPINs(old) == ["over it", "over", "active"])
            #expect(try await service.ownPINs(new) == ["over", "over", "active it"])
        }
    }

    @Test func `a further one needs a new sign-in, and the first of a new account does not`()
        async throws
    {
        try await TestService.run { service in
            let guest = try await service.guest()
            let id = try await service.ready(guest)
            let tokens = try await service.step(id, "complete").json()["tokens"]
            let token = try #require(tokens["access_token"].string)
            try await service.travel(301)
            #expect(try await service.makeOwnSuperPIN(token).status == 201)
            #expect(try await service.activateOwnSuperPIN(token).status == 200)
            for answer in [
                try await service.makeOwnSuperPIN(token),
                try await service.activateOwnSuperPIN(token),
            ] {
                #expect(answer.status == 401)
                #expect(answer.problem == "insufficient-user-authentication")
                #expect(try answer.json()["max_age"] == 300)
            }
            // Somebody who has signed in long ago, and was never asked for one.
            let person = try await service.person()
            let stale = try await service.token(person)
            try await service.travel(301)
            #expect(
                try await service.makeOwnSuperPIN(stale).problem
                    == "insufficient-user-authentication")
            #expect(try await service.makeOwnSuperPIN("x").problem == "token-invalid")
            #expect(try await service.activateOwnSuperPIN("x").problem == "token-invalid")
        }
    }

    @Test func `until a sign-in's other steps are done there is none`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            try await service.setPolicy(["second_factor": "phone-or-app"])
            let token = try await service.token(person)
            for answer in [
                try await service.makeOwnSuperPIN(token),
                try await service.activateOwnSuperPIN(token),
            ] {
                #expect(answer.status == 403 && answer.problem == "session-unfinished")
            }
        }
    }

    @Test func `what another sign-in made in its place is not this one's to save`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let (owner, thief) = (try await service.token(person), try await service.token(person))
            #expect(try await service.makeOwnSuperPIN(owner).status == 201)
            let made = try await service.makeOwnSuperPIN(thief).json()
            let pin = try #require(made["super_pin"].string)
            let refused = try await service.activateOwnSuperPIN(owner)
            #expect(refused.status == 409 && refused.problem == "step-out-of-order")
            #expect(try await service.ownPINs(pin) == ["over", "pending it"])
            #expect(try await service.makeOwnSuperPIN(owner).status == 201)
            #expect(try await service.activateOwnSuperPIN(owner).status == 200)
            #expect(try await service.ownPINs(pin) == ["over", "over it", "active"])
        }
    }

    @Test func `five are made in a day`() async throws {
        try await TestService.run { service in
            let token = try await service.token(try await service.person())
            for _ in 0..<RecoveryPIN.issuesPerDay {
                #expect(try await service.makeOwnSuperPIN(token).status == 201)
            }
            let sixth = try await service.makeOwnSuperPIN(token)
            #expect(sixth.status == 429 && sixth.problem == "super-pin-limit-reached")
            // The newest is still good.
            #expect(try await service.activateOwnSuperPIN(token).status == 200)
            try await service.database.execute(
                "update recovery_pin set created_at = created_at - interval '1 day'")
            #expect(try await service.makeOwnSuperPIN(token).status == 201)
        }
    }

    @Test func `the same request gets the same one for a minute, and nobody else gets it`()
        async throws
    {
        try await TestService.run { service in
            let token = try await service.token(try await service.person())
            let other = try await service.token(try await service.person())
            let first = try await service.makeOwnSuperPIN(token, idempotencyKey: "one")
            let again = try await service.makeOwnSuperPIN(token, idempotencyKey: "one")
            #expect(first.status == 201 && again.status == 201 && again.body == first.body)
            let page = try await service.makeOwnSuperPIN(
                token, accept: "text/html", idempotencyKey: "one")
            #expect(page.text.contains(try #require(try first.json()["super_pin"].string)))
            #expect(page.header("Content-Language") == "nl")
            let theirs = try await service.makeOwnSuperPIN(other, idempotencyKey: "one")
            #expect(theirs.status == 422 && theirs.problem == "idempotency-key-reused")
            #expect(
                try await service.makeOwnSuperPIN(token, accept: "image/png").problem
                    == "not-acceptable")
            // A newer one voids it, and a void one is not given again.
            #expect(try await service.makeOwnSuperPIN(token, idempotencyKey: "two").status == 201)
            let void = try await service.makeOwnSuperPIN(token, idempotencyKey: "one")
            #expect(void.status == 409 && void.problem == "idempotency-secret-gone")
            try await service.database.execute(
                "update idempotency set answered_at = answered_at - interval '61 s'")
            let late = try await service.makeOwnSuperPIN(token, idempotencyKey: "two")
            #expect(late.status == 409 && late.problem == "idempotency-secret-gone")
        }
    }

    @Test func `it is activated once, every mailbox is told, and both acts are in the audit`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person(extra: ["locale": "en"])
            let token = try await service.token(person)
            let none = try await service.activateOwnSuperPIN(token)
            #expect(none.status == 409 && none.problem == "step-out-of-order")
            #expect(try await service.makeOwnSuperPIN(token).status == 201)
            let sent = service.mail.count(to: person.email)
            let first = try await service.activateOwnSuperPIN(token, idempotencyKey: "now")
            #expect(first.status == 200)
            let again = try await service.activateOwnSuperPIN(token, idempotencyKey: "now")
            #expect(again.body == first.body)
            #expect(try await service.activateOwnSuperPIN(token).problem == "step-out-of-order")
            let mail = try await service.mail.message(sent + 1, to: person.email)
            #expect(mail.text.contains("A super-PIN was made for your account."))
            #expect(mail.text.contains("https://portal.example/not-me#code="))
            try await service.settle()
            #expect(service.mail.count(to: person.email) == sent + 1)
            let audited = try await service.database.rows(
                """
                select event, result, object_id in (select pin_id from recovery_pin)
                from audit
                where event like 'own-super-pin-%'
                order by audit_id
                """)
            #expect(
                audited == [
                    ["own-super-pin-made", "done", "t"],
                    ["own-super-pin-activated", "done", "t"],
                ])
        }
    }

    @Test func `too many wrong passwords have to wait`() async throws {
        try await TestService.run { service in
            let token = try await service.token(try await service.person())
            #expect(try await service.makeOwnSuperPIN(token).status == 201)
            var last: HTTPAnswer?
            for number in 0..<8 where last?.status != 429 {
                last = try await service.activateOwnSuperPIN(token, password: "Wrong-\(number)!")
            }
            #expect(last?.status == 429 && last?.problem == "password-throttled")
        }
    }

    @Test func `of parallel ones one is pending, and of parallel activations one counts`()
        async throws
    {
        var settings = TestService.Settings()
        settings.instances = 2
        try await TestService.run(settings) { service in
            let token = try await service.token(try await service.person())
            let answers = try await parallel(8) {
                try await service.makeOwnSuperPIN(token, instance: $0).status
            }
            #expect(answers.allSatisfy { [201, 429, 503].contains($0) }, "\(answers)")
            let made = answers.count { $0 == 201 }
            #expect((1...RecoveryPIN.issuesPerDay).contains(made))
            #expect(
                try await service.database.count(
                    "recovery_pin", where: "activated_at is null and ended_at is null") == 1)
            #expect(try await service.database.count("recovery_pin", where: "true") == made)
            #expect(try await service.database.count("customer_number", where: "true") == 1)
            let activated = try await parallel(4) {
                try await service.activateOwnSuperPIN(token, instance: $0).status
            }
            #expect(activated.count { $0 == 200 } == 1, "\(activated)")
            #expect(
                try await service.database.count(
                    "recovery_pin", where: "activated_at is not null and ended_at is null") == 1)
        }
    }

    @Test func `an account that is no patient's own has a customer number, and signs in with it`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person(extra: ["external_id": .null])
            #expect(try await service.database.count("patient", where: "true") == 0)
            let token = try await service.token(person)
            let made = try await service.makeOwnSuperPIN(token).json()
            let number = try #require(made["customer_number"].string)
            var named = person
            for typed in [number, try CustomerNumber(typed: number).printed] {
                named.identifier = typed
                let login = try await service.login(named)
                #expect(login.status == 201, "\(login.text)")
            }
            let foreign = try await service.login(named, key: service.foreignKey)
            #expect(foreign.problem == "login-refused")
            // It stays the account's: no further one is made.
            #expect(
                try await service.makeOwnSuperPIN(token).json()["customer_number"].string == number)
            // A patient's own account has the number of the practice's letter.
            let patient = try await service.person()
            let letter = try await service.makeSuperPIN("ext-\(patient.username)").json()
            // So that the notice is not taken for the code.
            _ = try await service.mail.message(1, to: patient.email)
            let own = try await service.makeOwnSuperPIN(try await service.token(patient)).json()
            #expect(own["customer_number"] == letter["customer_number"])
            #expect(own["super_pin"] != letter["super_pin"])
            #expect(try await service.database.count("customer_number", where: "true") == 2)
        }
    }

    @Test func `no super-PIN stands in the database, and an activation PIN is none of them`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let token = try await service.token(person)
            let answer = try await service.makeOwnSuperPIN(token, idempotencyKey: "kept")
            let pin = try #require(try answer.json()["super_pin"].string)
            let activation = try #require(
                try await service.makeSuperPIN("ext-\(person.username)").json()["super_pin"].string)
            #expect(try await service.ownPINs(activation) == ["pending"])
            let dump = try await SecretTests.dump(service.database)
            #expect(dump.contains("COPY public.recovery_pin "))
            for spelled in [pin, pin.replacing("-", with: "")] {
                #expect(!dump.contains(spelled))
                #expect(!dump.contains(Canaries.hex(Array(spelled.utf8))))
            }
            for line in service.log.lines { #expect(!line.contains(pin)) }
        }
    }
}
