import Foundation
import Testing

@testable import Auth

/// Another mailbox or phone: the new one is proven first, the one before it stays until then and is told
/// (Z-13, Z-17, Z-22).
@Suite struct ContactChangeTests {
    @Test func `a new mailbox signs in once its code was typed, and both are told`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let other = try await service.tokens(of: person)
            let own = try await service.tokens(of: person)
            var moved = Person(
                identifier: TestService.freshAddress(), email: "", username: person.username)
            moved = Person(
                identifier: moved.identifier, email: moved.identifier, username: person.username)
            let code = try await service.askEmail(person, moved.email, token: own.access)
            let standing = try await service.account(own.access)["email"]
            #expect(standing["address"].string == person.email && standing["confirmed"] == true)
            #expect(standing["pending"].string == moved.email)
            #expect(
                standing["code"]["destination"].string == MaskedDestination.email(moved.email))
            // Until then nothing has changed.
            #expect(try await service.login(person).status == 201)
            #expect(try await service.login(moved).problem == "login-refused")
            #expect(try await service.isActive(other.access))

            let mails = service.mail.count(to: person.email)
            let typed = try await service.type(code, token: own.access)
            #expect(typed.status == 200, "\(typed.text)")
            #expect(
                try typed.json()["email"]
                    == ["address": .string(moved.email), "confirmed": true])
            #expect(try await service.login(person).problem == "login-refused")
            #expect(try await !service.isActive(other.access))
            #expect(try await service.refresh(other.refresh).problem == "token-invalid")
            #expect(try await service.isActive(own.access))
            let masked = MaskedDestination.email(moved.email)
            for (address, number) in [(person.email, mails + 1), (moved.email, 2)] {
                let mail = try await service.mail.message(number, to: address)
                #expect(mail.text.contains("Uw e-mailadres is gewijzigd in \(masked)."))
                #expect(!mail.freezeCode.isEmpty)
            }
            _ = try await service.signIn(moved)
            let audited = try await service.database.rows(
                """
                select event, result from audit
                where event in ('email-changed', 'change-told')
                order by event
                """)
            #expect(audited == [["change-told", "done"], ["email-changed", "done"]])
        }
    }

    @Test func `at every point where somebody gives up, the mailbox before it is the account's`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            func stillOld(_ point: String) async throws {
                #expect(try await service.login(person).status == 201, "\(point)")
                let contacts = try await service.database.rows("select address from contact")
                #expect(contacts == [[person.email]], "\(point)")
                #expect(
                    try await service.database.count(
                        "message", where: "template = 'account-changed'") == 0, "\(point)")
            }
            let token = try await service.tokens(of: person).access
            let (one, two) = (TestService.freshAddress(), TestService.freshAddress())
            let first = try await service.askEmail(person, one, token: token)
            try await stillOld("asked")
            let second = try await service.askEmail(person, two, token: token)
            #expect(
                try await service.type(first, token: token).problem == "code-superseded")
            try await stillOld("asked for another")
            for left in stride(from: 4, through: 0, by: -1) {
                let wrong = try await service.type(TestService.wrong(second), token: token)
                #expect(wrong.problem == "code-incorrect")
                #expect(try wrong.json()["attempts_left"].int == left)
            }
            let spent = try await service.type(second, token: token)
            #expect(spent.problem == "code-attempts-exhausted")
            try await stillOld("guesses spent")

            try await service.travel(3601)
            let again = try await service.tokens(of: person).access
            let cancelled = try await service.askEmail(person, one, token: again)
            for _ in 1...2 {
                let answer = try await service.own("DELETE", "/email/pending", token: again)
                #expect(answer.status == 204)
            }
            #expect(try await service.type(cancelled, token: again).problem == "code-unknown")
            #expect(try await service.account(again)["email"]["pending"].isAbsent)
            try await stillOld("cancelled")

            let late = try await service.askEmail(person, one, token: again)
            try await service.travel(601)
            #expect(try await service.type(late, token: again).problem == "code-expired")
            #expect(try await service.account(again)["email"]["pending"].isAbsent)
            try await stillOld("too late")
            #expect(
                try await service.type("12", token: again).problem == "code-malformed")
        }
    }

    @Test func `the code is worth nothing at another sign-in, of whatever system`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let own = try await service.tokens(of: person).access
            let other = try await service.tokens(of: person).access
            let stranger = try await service.tokens(of: try await service.person()).access
            let address = TestService.freshAddress()
            let code = try await service.askEmail(person, address, token: own)
            for token in [other, stranger] {
                #expect(try await service.type(code, token: token).problem == "code-unknown")
            }
            #expect(
                try await service.type(code, token: own, key: service.secondKey).problem
                    == "token-invalid")
            #expect(try await service.type(code, token: own).status == 200)
            #expect(try await service.type(code, token: own).problem == "code-used")
        }
    }

    @Test func `what the account has already, or what is none, is refused before anything is sent`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let token = try await service.tokens(of: person).access
            let messages = try await service.database.count("message", where: "true")
            for (path, body): (String, JSON) in [
                ("/email", ["email": .string(person.email.uppercased())]),
                ("/email", ["email": "x"]),
                ("/mobile", ["number": "0301234567"]), ("/mobile", ["number": "+4791234567"]),
                (
                    "/mobile", ["number": "0612345678", "country_code": "47"]
                ),
            ] {
                let answer = try await service.own(
                    "PUT", path,
                    .object(body.members.merging(["password": .string(person.password)]) { $1 }),
                    token: token)
                #expect(answer.status == 422, "\(body)")
                #expect(answer.problem == "field-invalid", "\(body)")
            }
            let wrong = try await service.own(
                "PUT", "/email",
                ["email": .string(TestService.freshAddress()), "password": "wrong"], token: token)
            #expect(wrong.problem == "password-incorrect")
            #expect(try await service.database.count("message", where: "true") == messages)
        }
    }

    @Test func `an address that somebody has names nobody besides, and is refused where it must`()
        async throws
    {
        try await TestService.run { service in
            let owner = try await service.person()
            let person = try await service.person()
            let token = try await service.tokens(of: person).access
            let code = try await service.askEmail(person, owner.email, token: token)
            #expect(try await service.type(code, token: token).status == 200)
            // The owner still signs in with it, and the other one by username alone.
            #expect(try await service.login(owner).status == 201)
            #expect(try await service.login(person).problem == "login-refused")
            var named = person
            named.identifier = person.username
            #expect(try await service.login(named).status == 201)

            let nameless = try await service.person()
            let account = try await service.id(of: nameless)
            try await service.database.execute(
                """
                delete from identifier
                where account_id = '\(account)' and kind = 'username'
                """)
            let own = try await service.tokens(of: nameless).access
            let second = try await service.askEmail(nameless, owner.email, token: own)
            let taken = try await service.type(second, token: own)
            #expect(taken.status == 409)
            #expect(taken.problem == "address-taken")
            #expect(try await service.login(nameless).status == 201)
            #expect(try await service.login(owner).status == 201)
            // A customer number is enough to sign in with.
            try await service.database.execute(
                """
                insert into customer_number (practice_id, patient_id, number)
                select practice_id, patient_id, '1234567894'
                from patient_link
                where account_id = '\(account)'
                """)
            let third = try await service.askEmail(nameless, owner.email, token: own)
            #expect(try await service.type(third, token: own).status == 200)
            var numbered = nameless
            numbered.identifier = "1234567894"
            #expect(try await service.login(numbered).status == 201)
        }
    }

    @Test func `an address that the register has of another patient becomes no name`() async throws
    {
        try await TestService.run { service in
            let guest = try await service.guest()
            let person = try await service.person()
            let token = try await service.tokens(of: person).access
            let code = try await service.askEmail(person, guest.email.uppercased(), token: token)
            #expect(try await service.type(code, token: token).status == 200)
            var moved = person
            moved.identifier = guest.email
            #expect(try await service.login(moved).problem == "login-refused")
            moved.identifier = person.username
            #expect(try await service.login(moved).status == 201)
        }
    }

    @Test func `a new phone is proven by an SMS, and the one before it is told by one`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person(extra: ["locale": "nb"])
            let token = try await service.tokens(of: person).access
            let (first, second) = (TestService.freshMobile(), TestService.freshMobile())
            var mails = service.mail.count(to: person.email)
            for (number, former) in [(first, String?.none), (second, first)] {
                let asked = try await service.askMobile(person, number, token: token)
                #expect(asked.status == 202, "\(asked.text)")
                #expect(try asked.json()["channel"] == "sms")
                #expect(
                    try asked.json()["destination"].string == MaskedDestination.phone(number))
                let sent = try await service.mail.message(to: number)
                let typed = try await service.type(sent.code, "mobile", token: token)
                #expect(typed.status == 200, "\(typed.text)")
                #expect(
                    try typed.json()["mobile"] == ["address": .string(number), "confirmed": true])
                mails += 1
                let mail = try await service.mail.message(mails, to: person.email)
                let masked = MaskedDestination.phone(number)
                #expect(mail.text.contains("Mobilnummeret ditt er endret til \(masked)."))
                guard let former else { continue }
                let told = try await service.mail.message(2, to: former)
                #expect(told.channel == .sms && told.message.code == nil)
                #expect(
                    told.text.hasPrefix("Kontoen din hos Huisartsenpraktijk De Linde er endret"))
                #expect(!told.text.contains("@") && !told.text.contains("http"))
                #expect(SMSText(told.text).segments == 1 && SMSText(told.text).foreign.isEmpty)
            }
            let contacts = try await service.database.rows(
                "select address from contact where kind = 'sms'")
            #expect(contacts == [[second]])
            #expect(service.mail.count(to: second) == 1)
            // It is no factor, and names nobody.
            #expect(try await service.account(token)["factors"] == [])
            #expect(try await service.database.count("identifier", where: "true") == 2)
        }
    }

    @Test func `an account tries three new numbers a day, the last one as often as it likes`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let token = try await service.tokens(of: person).access
            let numbers = (1...4).map { _ in TestService.freshMobile() }
            for number in [numbers[0], numbers[0], numbers[1], numbers[2], numbers[2]] {
                let asked = try await service.askMobile(person, number, token: token)
                #expect(asked.status == 202, "\(asked.text)")
            }
            let refused = try await service.askMobile(person, numbers[3], token: token)
            #expect(refused.status == 429)
            #expect(refused.problem == "send-limit-reached")
            #expect(try refused.json()["limit"] == "account")
            let again = try await service.askMobile(person, numbers[2], token: token)
            #expect(again.status == 202, "\(again.text)")
            try await service.settle()
            #expect(service.mail.count(to: numbers[3]) == 0)
        }
    }

    @Test
    func `typed on two instances at the same time the code works once, and repeats its answer`()
        async throws
    {
        var settings = TestService.Settings()
        settings.instances = 2
        try await TestService.run(settings) { service in
            let person = try await service.person()
            let token = try await service.tokens(of: person).access
            let address = TestService.freshAddress()
            let code = try await service.askEmail(
                person, address, token: token, idempotencyKey: "ask")
            let repeated = try await service.own(
                "PUT", "/email",
                ["email": .string(address), "password": .string(person.password)], token: token,
                idempotencyKey: "ask")
            #expect(repeated.status == 202)
            #expect(try await service.database.count("contact_change", where: "true") == 1)
            let answers = try await parallel(6) { number in
                try await service.type(
                    code, token: token, idempotencyKey: number < 3 ? "same" : "own-\(number)",
                    instance: number % 2)
            }
            let right = answers.filter { $0.status == 200 }
            #expect([1, 3].contains(right.count), "\(answers.map(\.text))")
            #expect(answers.allSatisfy { $0.status == 200 || $0.problem == "code-used" })
            #expect(service.mail.count(to: address) >= 1)
            let told = try await service.database.count(
                "message", where: "template = 'account-changed'")
            #expect(told == 2)
            let mailboxes = "kind = 'email' and confirmed_at is not null"
            #expect(try await service.database.count("contact", where: mailboxes) == 1)
            #expect(try await service.database.count("identifier", where: "kind = 'email'") == 1)
        }
    }

    @Test func `two patients may use one key of repetition`() async throws {
        try await TestService.run { service in
            let people = [try await service.person(), try await service.person()]
            let address = TestService.freshAddress()
            for person in people {
                let token = try await service.tokens(of: person).access
                let asked = try await service.own(
                    "PUT", "/email",
                    ["email": .string(address), "password": .string(person.password)],
                    token: token, idempotencyKey: "asked")
                #expect(asked.status == (person.email == people[0].email ? 202 : 422))
                if person.email != people[0].email {
                    #expect(asked.problem == "idempotency-key-reused")
                }
            }
        }
    }
}

/// What each call of a change answers where it comes to nothing.
@Suite struct RefusedContactChangeTests {
    @Test(arguments: ["email", "mobile"])
    func `a code that is wrong, spent, used, old or nobody's is told apart`(kind: String)
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let token = try await service.tokens(of: person).access
            func ask(_ token: String) async throws -> String {
                let address =
                    kind == "email" ? TestService.freshAddress() : TestService.freshMobile()
                if kind == "email" {
                    return try await service.askEmail(person, address, token: token)
                }
                let asked = try await service.askMobile(person, address, token: token)
                try #require(asked.status == 202, "\(asked.text)")
                return try await service.mail.message(to: address).code
            }
            func refused(
                _ code: String, _ token: String, _ status: Int, _ problem: String
            ) async throws {
                let answer = try await service.type(code, kind, token: token)
                #expect(answer.status == status, "\(answer.text)")
                #expect(answer.problem == problem)
            }
            try await refused("123456", token, 404, "code-unknown")
            let old = try await ask(token)
            try await service.travel(601)
            try await refused(old, token, 410, "code-expired")
            let fresh = try await service.tokens(of: person).access
            let code = try await ask(fresh)
            try await refused(code, token, 404, "code-unknown")
            try await refused("12", fresh, 422, "code-malformed")
            #expect(try await service.type(code, kind, token: fresh).status == 200)
            try await refused(code, fresh, 409, "code-used")
            let last = try await ask(fresh)
            for _ in 1...5 {
                try await refused(TestService.wrong(last), fresh, 422, "code-incorrect")
            }
            try await refused(last, fresh, 429, "code-attempts-exhausted")
            #expect(try await service.own("DELETE", "/\(kind)/pending", token: fresh).status == 204)
            try await refused(last, fresh, 404, "code-unknown")
        }
    }

    @Test func `passwords that are tried too often have to wait, whatever they are for`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let token = try await service.tokens(of: person).access
            var wrong = person
            wrong.password = "Wrong-1382!"
            for _ in 1...5 {
                let answer = try await service.changePassword(
                    wrong, to: "Herfst-in-de-Duinen-17!", token: token)
                #expect(answer.problem == "password-incorrect")
            }
            for answer in [
                try await service.changePassword(
                    person, to: "Herfst-in-de-Duinen-17!", token: token),
                try await service.own(
                    "PUT", "/email",
                    [
                        "email": .string(TestService.freshAddress()),
                        "password": .string(person.password),
                    ], token: token),
                try await service.askMobile(person, TestService.freshMobile(), token: token),
            ] {
                #expect(answer.status == 429)
                #expect(answer.problem == "password-throttled")
                #expect(answer.header("Retry-After") != nil)
            }
        }
    }
}
