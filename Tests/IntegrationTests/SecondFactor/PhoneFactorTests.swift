import Foundation
import Testing

@testable import Auth

/// A phone for codes: from the number to the sign-in that needs it (AC-6, AC-7, NO-2, NO-3).
@Suite struct PhoneFactorTests {
    @Test func `a phone is a factor once its code and the password were given`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let token = try await service.tokens(of: person).access
            let added = try await service.addPhone(token)
            #expect(added.status == 201, "\(added.text)")
            let pending = try added.json()
            let id = try #require(pending["id"].string)
            #expect(pending["status"] == "pending" && pending["destination"] == "•••78")
            #expect(pending["code"]["channel"] == "sms")
            #expect(added.header("Location") == "/v1/account/factors/\(id)")
            let sms = try await service.mail.message(to: TestService.number)
            #expect(sms.text.contains("is uw koppelcode voor"))
            // A wrong password leaves the code as it is, and a wrong code the password.
            let guessed = try await service.activate(id, sms.code, token, password: "Zomer")
            #expect(guessed.problem == "password-incorrect")
            let wrong = try await service.activate(id, TestService.wrong(sms.code), token)
            #expect(wrong.problem == "code-incorrect")
            #expect(try wrong.json()["attempts_left"] == 4)
            #expect(try await service.activate(id, "12345", token).problem == "code-malformed")
            let active = try await service.activate(id, " \(sms.code) ", token)
            #expect(active.status == 200, "\(active.text)")
            #expect(try active.json()["status"] == "active")
            #expect(try await service.activate(id, sms.code, token).problem == "code-used")

            // "From then on every login sends a TAN."
            let login = try await service.login(person).json()
            #expect(login["code"]["channel"] == "sms")
            #expect(login["factors"].array.map { $0["type"] } == ["sms"])
            let claims = try SignedToken(try await service.signInByPhone(person).access).claims
            #expect(claims["acr"] == "2r" && claims["amr"] == ["pwd", "sms", "mfa"])
        }
    }

    @Test(arguments: [
        ("31", "0612345678"), ("+31", "612345678"), ("0031", "06-12 34 56 78"),
        ("NONE", "06-12345678"), ("NONE", "+31 (0)6 1234 5678"), ("NONE", "0031612345678"),
        ("31", "+31612345678"),
    ])
    func `a number may be given in parts, with or without its first 0`(
        code: String, number: String
    ) async throws {
        try await TestService.run { service in
            let token = try await service.tokens(of: try await service.person()).access
            var body: [String: JSON] = ["type": "sms", "number": .string(number)]
            if code != "NONE" { body["country_code"] = .string(code) }
            let added = try await service.account("POST", "factors", token, json: .object(body))
            #expect(added.status == 201, "\(added.text)")
            _ = try await service.mail.message(to: TestService.number)
        }
    }

    @Test func `what is no mobile number of an allowed country is refused, and says why`()
        async throws
    {
        try await TestService.run { service in
            let token = try await service.tokens(of: try await service.person()).access
            for (code, number, fault) in [
                (nil, "030 123 45 67", "landline"), (nil, "06 1234", "too-short"),
                (nil, "+47 406 12 345", "country-not-allowed"),
                ("47", "40612345", "country-not-allowed"),
                ("31", "+4740612345", "country-codes-differ"), (nil, "mijn mobiel", "not-a-number"),
            ] as [(String?, String, String)] {
                var body: [String: JSON] = ["type": "sms", "number": .string(number)]
                body["country_code"] = code.map(JSON.string)
                let answer = try await service.account(
                    "POST", "factors", token, json: .object(body))
                #expect(answer.problem == "field-invalid", "\(number)")
                #expect(try answer.json()["errors"][0]["code"].string == fault, "\(number)")
            }
            let bodies: [JSON] = [
                ["type": "sms"], ["type": "totp", "number": "0612345678"],
                ["type": "sms", "number": "0612345678", "from_register": true],
                ["type": "sms", "country_code": "31"], ["type": "email", "from_register": true],
                ["type": "pigeon"],
            ]
            for body in bodies {
                let answer = try await service.account("POST", "factors", token, json: body)
                #expect(answer.problem == "field-invalid", "\(body)")
            }
            #expect(try await service.database.count("factor", where: "true") == 0)
        }
    }

    @Test func `the register's mobile is offered, and needs no typing`() async throws {
        try await TestService.run { service in
            let guest = try await service.guest()
            let id = try await service.ready(guest)
            let done = try await service.step(id, "complete")
            let token = try #require(try done.json()["tokens"]["access_token"].string)
            let noted = try await service.send(
                "PUT", "/v1/practice", json: ["sms_price_note": "Uw gewone tarief"])
            #expect(noted.status == 200, "\(noted.text)")
            let offers = try await service.factors(token)
            #expect(offers["sms_price_note"] == "Uw gewone tarief")
            #expect(offers["data"] == [] && offers["recovery_codes_left"] == 0)
            #expect(
                offers["offers"] == [
                    ["type": "sms", "destination": "•••78", "from_register": true],
                    ["type": "email", "destination": "p•••@e•••.nl"],
                ])
            let added = try await service.account(
                "POST", "factors", token, json: ["type": "sms", "from_register": true])
            #expect(added.status == 201, "\(added.text)")
            // The first one told of the new account.
            let sms = try await service.mail.message(2, to: TestService.number)
            let factor = try #require(try added.json()["id"].string)
            #expect(try await service.activate(factor, sms.code, token).status == 200)
            let then = try await service.factors(token)
            #expect(then["offers"].array.map { $0["type"] } == ["sms", "totp", "email"])
            #expect(then["data"][0]["status"] == "active")
            // A change in the register moves nothing: the new number is offered beside the old one.
            _ = try await service.putPatient(
                guest.patient,
                PatientSample.with(
                    ["email": .string(guest.email), "mobile": "06 87654321"],
                    of: PatientSample.emma))
            let moved = try await service.factors(token)
            #expect(moved["data"][0]["destination"] == "•••78")
            #expect(moved["offers"][0]["destination"] == "•••21")
        }
    }

    /// Who has the mailbox and knows birthday and postcode must not bind a phone or an app of their own.
    @Test func `after the weak way the first phone is the register's, however it is written`()
        async throws
    {
        try await TestService.run { service in
            let guest = try await service.guest()
            let id = try await service.ready(guest)
            let done = try await service.step(id, "complete")
            let token = try #require(try done.json()["tokens"]["access_token"].string)
            for body: JSON in [["type": "totp"], ["type": "sms", "number": "06 87654321"]] {
                let refused = try await service.account("POST", "factors", token, json: body)
                #expect(refused.status == 409 && refused.problem == "number-not-registered")
            }
            #expect(try await service.database.count("factor", where: "true") == 0)
            let typed = try await service.account(
                "POST", "factors", token, json: ["type": "sms", "number": "(06) 123 456 78"])
            #expect(typed.status == 201, "\(typed.text)")
            let factor = try #require(try typed.json()["id"].string)
            // Pending it opens nothing yet.
            let app = try await service.account("POST", "factors", token, json: ["type": "totp"])
            #expect(app.problem == "number-not-registered")
            let sms = try await service.mail.message(2, to: TestService.number)
            #expect(try await service.activate(factor, sms.code, token).status == 200)
            #expect(
                try await service.factors(token)["offers"].array.map { $0["type"] }
                    == ["sms", "totp", "email"])
        }
    }

    @Test func `without a number in the register there is none to begin with`() async throws {
        try await TestService.run { service in
            let guest = try await service.guest()
            let id = try await service.ready(guest)
            let done = try await service.step(id, "complete")
            let token = try #require(try done.json()["tokens"]["access_token"].string)
            try await service.database.execute("update patient set mobile = null")
            #expect(
                try await service.factors(token)["offers"]
                    == [["type": "email", "destination": "p•••@e•••.nl"]])
            let typed = try await service.account(
                "POST", "factors", token, json: ["type": "sms", "number": "06 12345678"])
            #expect(typed.problem == "number-not-registered")
        }
    }

    @Test func `a newer number takes the place of one that was never proven`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let token = try await service.tokens(of: person).access
            let first = try await service.addPhone(token)
            let old = try #require(try first.json()["id"].string)
            let code = try await service.mail.message(to: TestService.number).code
            let second = try await service.addPhone(token, "+31687654321")
            let new = try #require(try second.json()["id"].string)
            #expect(try await service.activate(old, code, token).problem == "factor-unknown")
            #expect(try await service.activate(new, code, token).problem == "code-superseded")
            #expect(try await service.factors(token)["data"].array.count == 1)
            // It is in nobody's way meanwhile, and satisfies nothing.
            let login = try await service.login(person).json()
            #expect(login["code"]["channel"] == "email")
            #expect(login["factors"].array.map { $0["type"] } == ["email"])
        }
    }

    @Test func `a fresh code takes the place of the older one, after a wait`() async throws {
        try await TestService.run { service in
            let token = try await service.tokens(of: try await service.person()).access
            let added = try await service.addPhone(token)
            let id = try #require(try added.json()["id"].string)
            let first = try await service.mail.message(to: TestService.number).code
            let path = "factors/\(id)/codes"
            #expect(try await service.account("POST", path, token).problem == "resend-too-soon")
            try await service.travel(31)
            let answers = try await parallel(4) { _ in
                try await service.account("POST", path, token)
            }
            #expect(answers.count { $0.status == 201 } == 1)
            let second = try await service.mail.message(2, to: TestService.number).code
            if first != second {
                let old = try await service.activate(id, first, token)
                #expect(old.problem == "code-superseded")
            }
            #expect(try await service.activate(id, second, token).status == 200)
            #expect(
                try await service.account("POST", path, token).problem
                    == "insufficient-user-authentication")
            let other = try await service.tokens(of: try await service.person()).access
            let unknown = try await service.account(
                "POST", "factors/\(UUID().text)/codes", other)
            #expect(unknown.problem == "factor-unknown")
        }
    }

    @Test func `an account tries three new numbers a day`() async throws {
        try await TestService.run { service in
            let token = try await service.tokens(of: try await service.person()).access
            for last in 1...3 {
                #expect(try await service.addPhone(token, "+3161234567\(last)").status == 201)
            }
            let fourth = try await service.addPhone(token, "+31612345674")
            #expect(fourth.problem == "send-limit-reached")
            #expect(try fourth.json()["limit"] == "account")
            #expect(try await service.factors(token)["data"][0]["destination"] == "•••73")
            // The one that waits is no new one.
            #expect(try await service.addPhone(token, "+31612345673").status == 201)
            let other = try await service.tokens(of: try await service.person()).access
            #expect(try await service.addPhone(other, "+31612345674").status == 201)
        }
    }

    @Test func `one number can't be added twice`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            _ = try await service.phone(try await service.tokens(of: person).access)
            let token = try await service.signInByPhone(person).access
            let again = try await service.addPhone(token)
            #expect(try again.json()["errors"][0]["code"] == "duplicate")
            let second = try await service.phone(token, "+31687654321")
            #expect(try await service.factors(token)["data"].array.count == 2)
            // Several, of which the patient picks one at the login.
            let login = try await service.login(person).json()
            let id = try #require(login["id"].string)
            #expect(login["code"]["destination"] == "•••78")
            let other = try await service.send(
                "POST", "/v1/logins/\(id)/codes", json: ["factor_id": .string(second)])
            #expect(try other.json()["destination"] == "•••21", "\(other.text)")
        }
    }

    @Test func `a right code forgives the wrong ones, and a hundred in a row stop the phone`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            _ = try await service.phone(try await service.tokens(of: person).access)
            try await service.database.execute("update factor set failures = 98")
            let login = try await service.login(person).json()
            let id = try #require(login["id"].string)
            let code = try await service.mail.code(of: login["code"], to: TestService.number)
            #expect(
                try await service.verify(id, TestService.wrong(code)).problem == "code-incorrect")
            #expect(try await service.database.value("select failures from factor") == "99")
            #expect(try await service.verify(id, code).status == 200)
            #expect(try await service.database.value("select failures from factor") == "0")

            try await service.database.execute("update factor set failures = 99")
            let last = try await service.login(person).json()
            let right = try await service.mail.code(of: last["code"], to: TestService.number)
            let lastID = try #require(last["id"].string)
            try await service.settle()
            let mails = service.mail.count(to: person.email)
            let wrong = try await service.verify(lastID, TestService.wrong(right))
            #expect(try wrong.json()["attempts_left"] == 0, "\(wrong.text)")
            #expect(try await service.verify(lastID, right).problem == "login-ended")
            let stopped = try await service.database.value(
                "select disabled_at is not null from factor")
            #expect(stopped == "t")
            let told = try await service.mail.message(mails + 1, to: person.email)
            #expect(told.text.contains("gaan niet meer naar uw telefoon"), "\(told.text)")
            #expect(!told.freezeCode.isEmpty)
            #expect(try await service.login(person).problem == "factor-unavailable")
        }
    }

    @Test func `the same request is answered once`() async throws {
        try await TestService.run { service in
            let token = try await service.tokens(of: try await service.person()).access
            let body: JSON = ["type": "sms", "number": "0612345678"]
            let first = try await service.account(
                "POST", "factors", token, json: body, idempotencyKey: "k1")
            let again = try await service.account(
                "POST", "factors", token, json: body, idempotencyKey: "k1")
            #expect(try first.json()["id"] == again.json()["id"])
            let code = try await service.mail.message(to: TestService.number).code
            // Another patient's request under the same key is another one.
            let other = try await service.tokens(of: try await service.person()).access
            let theirs = try await service.account(
                "POST", "factors", other, json: body, idempotencyKey: "k1")
            #expect(theirs.problem == "idempotency-key-reused")
            let id = try #require(try first.json()["id"].string)
            for _ in 1...2 {
                let active = try await service.activate(id, code, token, idempotencyKey: "k2")
                #expect(active.status == 200, "\(active.text)")
            }
            #expect(service.mail.count(to: TestService.number) == 1)
        }
    }
}
