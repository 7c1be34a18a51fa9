import Foundation
import Testing

@testable import Auth

/// Codes of other systems over HTTP (api.md, Codes).
@Suite struct RequestedCodeTests {
    @Test func `a code is sent, entered, and works once`() async throws {
        try await TestService.run { service in
            let to = TestService.freshAddress()
            let code = try await service.issue(to: to)
            #expect(code.digits.count == 6)
            #expect(code.answer["status"] == "open")
            #expect(code.answer["purpose"] == "pick-up")
            #expect(code.answer["attempts_left"].int == 5)
            let right = try await service.check(
                code.id, " \(code.digits.prefix(3)) \(code.digits.suffix(3))")
            #expect(right.status == 200)
            #expect(try right.json()["status"] == "verified")
            #expect(try right.json()["verified_at"].string != nil)
            #expect(try right.json()["channels"].array == ["email"])
            #expect(try await service.check(code.id, code.digits).problem == "code-used")
            let read = try await service.send("GET", "/v1/codes/\(code.id)")
            #expect(try read.json()["status"] == "verified")
            #expect(try await service.resend(code.id).problem == "code-used")
        }
    }

    @Test func `a wrong code counts down to five, and then says what to do`() async throws {
        try await TestService.run { service in
            let code = try await service.issue(to: TestService.freshAddress())
            for left in [4, 3, 2, 1, 0] {
                let answer = try await service.check(code.id, TestService.wrongDigits(code.digits))
                #expect(answer.problem == "code-incorrect")
                #expect(try answer.json()["attempts_left"].int == left)
            }
            let spent = try await service.check(code.id, code.digits)
            #expect(spent.problem == "code-attempts-exhausted")
            #expect(try spent.json()["detail"].string?.contains("nieuwe code") == true)
            let read = try await service.send("GET", "/v1/codes/\(code.id)")
            #expect(try read.json()["status"] == "exhausted")
        }
    }

    @Test func `a code says that the hour is spent, though not by its own guesses`() async throws {
        try await TestService.run { service in
            let to = TestService.freshAddress()
            for guesses in [4, 4, 2] {
                let code = try await service.issue(to: to)
                for _ in 1..<guesses {
                    let answer = try await service.check(
                        code.id, TestService.wrongDigits(code.digits))
                    #expect(answer.header("Retry-After") == nil)
                }
                let last = try await service.check(code.id, TestService.wrongDigits(code.digits))
                #expect(last.problem == "code-incorrect")
                let read = try await service.send("GET", "/v1/codes/\(code.id)").json()
                #expect(read["status"] == (guesses == 2 ? "exhausted" : "open"))
                #expect((last.header("Retry-After") != nil) == (guesses == 2))
            }
        }
    }

    @Test func `the hour has ten guesses over all codes of a subject and purpose`() async throws {
        try await TestService.run { service in
            let to = TestService.freshAddress()
            for number in 1...2 {
                let code = try await service.issue(to: to)
                for _ in 1...5 {
                    let answer = try await service.check(
                        code.id, TestService.wrongDigits(code.digits))
                    #expect(answer.problem == "code-incorrect", "code \(number)")
                }
            }
            let refused = try await service.issueAnswer(to: to)
            #expect(refused.problem == "code-attempts-exhausted")
            #expect(refused.header("Retry-After") != nil)
            // Another purpose, and another client's codes, are other budgets (Z-19).
            #expect(try await service.issueAnswer(to: to, purpose: "results").status == 201)
            #expect(try await service.issueAnswer(to: to, key: service.secondKey).status == 201)
        }
    }

    @Test func `a newer code of the same client, subject and purpose takes the older one's place`()
        async throws
    {
        try await TestService.run { service in
            let to = TestService.freshAddress()
            let older = try await service.issue(to: to)
            let newer = try await service.issue(to: to.uppercased(), address: to.uppercased())
            let answer = try await service.check(older.id, older.digits)
            #expect(answer.problem == "code-superseded")
            #expect(try answer.json()["newest_reference"] == newer.answer["reference"])
            #expect(try answer.json()["newest_sent_at_local"] == newer.answer["sent_at_local"])
            // The older code in the newer one's place is told apart, and spends nothing.
            let mixed = try await service.check(newer.id, older.digits)
            #expect(mixed.problem == "code-superseded")
            let read = try await service.send("GET", "/v1/codes/\(newer.id)")
            #expect(try read.json()["attempts_left"].int == 5)
            #expect(try await service.resend(older.id).problem == "code-superseded")
            #expect(try await service.check(newer.id, newer.digits).status == 200)
        }
    }

    @Test func `other purposes, clients and sign-ins keep their own`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let login = try await service.begin(person)
            let mine = try await service.issue(to: person.email)
            let results = try await service.issue(to: person.email, purpose: "results")
            let theirs = try await service.issue(to: person.email, key: service.secondKey)
            #expect(try await service.check(mine.id, mine.digits).status == 200)
            #expect(try await service.check(results.id, results.digits).status == 200)
            let foreign = try await service.check(
                theirs.id, theirs.digits, key: service.secondKey)
            #expect(foreign.status == 200)
            #expect(try await service.verify(login.id, login.code).status == 200)
        }
    }

    @Test func `only the client that asked gets an answer`() async throws {
        try await TestService.run { service in
            let code = try await service.issue(to: TestService.freshAddress())
            for key in [service.secondKey, service.foreignKey] {
                for (method, path) in [
                    ("GET", ""), ("DELETE", ""), ("POST", "/resend"),
                ] {
                    let answer = try await service.send(
                        method, "/v1/codes/\(code.id)\(path)", key: key)
                    #expect(answer.status == 404)
                    #expect(answer.problem == "code-unknown")
                }
                #expect(try await service.check(code.id, code.digits, key: key).status == 404)
            }
            #expect(try await service.check(code.id, code.digits).status == 200)
        }
    }

    @Test func `a resend keeps the id and voids the older code`() async throws {
        try await TestService.run { service in
            let to = TestService.freshAddress()
            let first = try await service.issue(to: to)
            let soon = try await service.resend(first.id)
            #expect(soon.problem == "resend-too-soon")
            try await service.travel(31)
            let again = try await service.resend(first.id)
            #expect(again.status == 201)
            let second = try await service.issued(try again.json(), at: to)
            #expect(second.id == first.id)
            #expect(try await service.check(first.id, first.digits).problem == "code-superseded")
            #expect(try await service.check(first.id, second.digits).status == 200)
        }
    }

    @Test func `a cancelled code is dead and its message is not sent`() async throws {
        try await TestService.run { service in
            let code = try await service.issue(to: TestService.freshAddress())
            for _ in 1...2 {
                let answer = try await service.send("DELETE", "/v1/codes/\(code.id)")
                #expect(answer.status == 204)
            }
            #expect(try await service.check(code.id, code.digits).problem == "code-expired")
            #expect(try await service.resend(code.id).problem == "code-expired")
            let read = try await service.send("GET", "/v1/codes/\(code.id)")
            #expect(try read.json()["status"] == "cancelled")
        }
    }

    @Test func `it lives as long as was asked`() async throws {
        try await TestService.run { service in
            let short = try await service.issue(
                to: TestService.freshAddress(), extra: ["lifetime_seconds": 30])
            try await service.travel(31)
            #expect(try await service.check(short.id, short.digits).problem == "code-expired")
            let read = try await service.send("GET", "/v1/codes/\(short.id)")
            #expect(try read.json()["status"] == "expired")
            #expect(try await service.resend(short.id).status == 201)
        }
    }

    @Test(arguments: [4, 5, 7, 8])
    func `it has as many digits as was asked, and another number costs nothing`(
        digits: Int
    ) async throws {
        try await TestService.run { service in
            let code = try await service.issue(
                to: TestService.freshAddress(), extra: ["digits": .number(Double(digits))])
            #expect(code.digits.count == digits)
            let six = try await service.check(code.id, "123456")
            #expect(six.problem == "code-malformed")
            #expect(try six.json()["digits_found"].int == 6)
            #expect(try six.json()["detail"].string?.contains("\(digits) cijfers") == true)
            #expect(try await service.check(code.id, "").problem == "code-malformed")
            let read = try await service.send("GET", "/v1/codes/\(code.id)")
            #expect(try read.json()["attempts_left"].int == 5)
            #expect(try await service.check(code.id, code.digits).status == 200)
        }
    }

    @Test func `the purposes of signing in are out of reach`() async throws {
        try await TestService.run { service in
            for purpose in ["sign-in", "recovery", "enrolment", "factor"] {
                let answer = try await service.issueAnswer(
                    to: TestService.freshAddress(), purpose: purpose)
                #expect(answer.problem == "field-invalid")
                #expect(try answer.json()["errors"][0]["code"] == "not-allowed")
            }
            for purpose in ["Pick-Up", "9lives", "a b", "{{code}}", "-x"] {
                let answer = try await service.issueAnswer(
                    to: TestService.freshAddress(), purpose: purpose)
                #expect(try answer.json()["errors"][0]["code"] == "wrong-format")
            }
        }
    }

    @Test func `what is no address is refused by name`() async throws {
        try await TestService.run { service in
            let refused: [(String, [String: JSON], String)] = [
                ("nobody@", [:], "wrong-format"), ("020 123 45 67", [:], "landline"),
                ("0800 1234", [:], "toll-free-number"),
                ("+47 412 34 567", [:], "country-not-allowed"),
                ("06 1234", [:], "too-short"),
                ("412 34 567", ["country_code": "47"], "country-not-allowed"),
            ]
            for (to, extra, code) in refused {
                let answer = try await service.issueAnswer(to: to, extra: extra)
                #expect(answer.problem == "field-invalid", "\(code)")
                #expect(try answer.json()["errors"][0]["pointer"] == "/to")
                #expect(try answer.json()["errors"][0]["code"].string == code)
            }
        }
    }

    @Test func `a number is one number however it was typed`() async throws {
        try await TestService.run { service in
            let first = try await service.issue(to: "06 12345678", address: "+31612345678")
            #expect(first.answer["channel"] == "sms")
            #expect(first.answer["destination"] == "•••78")
            let second = try await service.issue(
                to: "(0)6-12 34 56 78", address: "+31612345678", extra: ["country_code": "0031"])
            #expect(try await service.check(first.id, first.digits).problem == "code-superseded")
            #expect(try await service.check(second.id, second.digits).status == 200)
        }
    }

    @Test func `an account is reached where it has confirmed to be`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let rows = try await service.database.rows("select account_id::text from account")
            let account = try #require(rows.first?.first ?? nil)
            func ask(_ channel: JSON, _ id: String) async throws -> HTTPAnswer {
                try await service.send(
                    "POST", "/v1/codes",
                    json: ["channel": channel, "account_id": .string(id), "purpose": "pick-up"])
            }
            let answer = try await ask("email", account)
            #expect(answer.status == 201)
            let code = try await service.issued(try answer.json(), at: person.email)
            #expect(try answer.json()["account_id"].string == account)
            #expect(try await ask("sms", account).problem == "channel-unavailable")
            #expect(try await ask("email", UUID().text).problem == "not-found")
            let other = try await service.resend(code.id, channel: "sms")
            #expect(other.problem == "channel-unavailable")

            try await service.database.execute(
                """
                insert into contact (account_id, contact_id, kind, address, confirmed_at)
                values ('\(account)', gen_random_uuid(), 'sms', '+31687654321', now())
                """)
            let sms = try await service.resend(code.id, channel: "sms")
            #expect(sms.status == 201)
            #expect(try sms.json()["channel"] == "sms")
            // Without a channel by the newest one, and back to the first.
            try await service.travel(61)
            let again = try await service.resend(code.id)
            _ = try await service.issued(try again.json(), at: "+31687654321")
            try await service.travel(121)
            let back = try await service.resend(code.id, channel: "email")
            let mail = try await service.issued(try back.json(), at: person.email)
            let right = try await service.check(code.id, mail.digits)
            #expect(try right.json()["channels"].array == ["email", "sms"])
        }
    }

    @Test func `a request repeated under its key is one message`() async throws {
        try await TestService.run(CodeRaceTests.two) { service in
            let to = TestService.freshAddress()
            let answers = try await parallel(50) { number in
                try await service.issueAnswer(to: to, idempotencyKey: "key-1", instance: number)
            }
            #expect(answers.allSatisfy { $0.status == 201 })
            #expect(Set(try answers.map { try $0.json()["id"].string }).count == 1)
            #expect(try await service.database.count("message", where: "true") == 1)
            let other = try await service.issueAnswer(
                to: TestService.freshAddress(), idempotencyKey: "key-1")
            #expect(other.problem == "idempotency-key-reused")

            let code = try await service.issued(try answers[0].json(), at: to)
            let checks = try await parallel(10) { number in
                try await service.check(
                    code.id, code.digits, idempotencyKey: "key-2", instance: number)
            }
            #expect(checks.allSatisfy { $0.status == 200 })
            let reused = try await service.check(
                code.id, TestService.wrongDigits(code.digits), idempotencyKey: "key-2")
            #expect(reused.problem == "idempotency-key-reused")
        }
    }

    @Test func `of two hundred right codes one wins`() async throws {
        try await TestService.run(CodeRaceTests.two) { service in
            let code = try await service.issue(to: TestService.freshAddress())
            let answers = try await parallel(200) { number in
                try await service.check(code.id, code.digits, instance: number)
            }
            #expect(answers.count { $0.status == 200 } == 1)
            #expect(answers.count { $0.problem == "code-used" } == 199)
        }
    }

    @Test func `parallel resends that come too late spend nothing of the hour`() async throws {
        try await TestService.run(CodeRaceTests.two) { service in
            let code = try await service.issue(to: TestService.freshAddress())
            try await service.travel(31)
            let answers = try await parallel(8) { number in
                try await service.send(
                    "POST", "/v1/codes/\(code.id)/resend", instance: number)
            }
            #expect(answers.count { $0.status == 201 } == 1)
            let sends = try await service.database.rows(
                "select cardinality(sends)::text from destination")
            #expect(sends.compactMap { $0[0] } == ["2"])
        }
    }
}
