import Cryptography
import Foundation
import Postgres
import Testing

@testable import Auth

/// Strangers' failures close an account to unknown networks; its owner is mailed a pass that opens one
/// sign-in (Z-20).
@Suite struct SignInPassTests {
    @Test func `the hundredth failure mails the owner one pass, and nobody's before or after does`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            try await service.fail(person, upTo: 98)
            _ = try await service.login(person, password: "x", ip: "10.1.0.99")
            try await service.settle()
            #expect(service.mail.messages.isEmpty)

            // Before it is known to be wrong, the hundredth is looked at like any other.
            let right = try await service.login(person, ip: "10.1.0.100")
            #expect(right.status == 201)
            #expect(service.mail.messages.allSatisfy { $0.message.code != nil })

            try await service.fail(person, upTo: 99)
            let hundredth = try await service.login(person, password: "x", ip: "10.1.0.101")
            #expect(hundredth.problem == "login-refused")
            let mail = try await service.passMail(to: person)
            #expect(mail.locale == "nl" && mail.to == person.email && mail.code == "")
            #expect(mail.subject?.contains("Huisartsenpraktijk De Linde") == true)
            #expect(mail.text.contains("vaak geprobeerd"))
            #expect(mail.text.contains("\nhttps://portal.example/sign-in#pass="))
            #expect(mail.html?.contains("<a href=\"https://portal.example/sign-in#pass=") == true)
            #expect(mail.text.contains("030 000 00 00"))
            #expect(mail.channel == .email && !mail.staysTrue)
            #expect(SignInPass.text(in: mail.text).utf8.count == 32)

            for number in 102...104 {
                let later = try await service.login(person, ip: "10.1.0.\(number)")
                #expect(later.problem == "login-refused")
            }
            try await service.settle()
            #expect(service.passMails(to: person).count == 1)
            let rows = try await service.database.rows(
                """
                select result, client_id is not null, account_id is not null,
                       object_id = (select message_id from message where code_id is null)
                from audit where event = 'pass-sent'
                """)
            #expect(rows == [["done", "t", "t", "t"]])
        }
    }

    @Test func `with the pass its owner signs in from an unknown network, once`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let pass = try await service.pass(for: person)
            let refused = try await service.login(person, ip: "198.51.100.1")
            #expect(refused.problem == "login-refused")

            let started = try await service.login(person, ip: "198.51.100.1", pass: pass)
            #expect(started.status == 201, "\(started.text)")
            let id = try #require(try started.json()["id"].string)
            let code = try await service.mail.message(2, to: person.email).code
            #expect(try await service.verify(id, code, ip: "198.51.100.1").status == 200)
            // From now on that network is known, and the failures are forgiven.
            #expect(try await service.login(person, ip: "198.51.100.1").status == 201)

            try await service.close(person)
            let again = try await service.login(person, ip: "198.51.100.2", pass: pass)
            #expect(again.problem == "login-refused")
            let used = try await service.database.rows(
                "select result, account_id is not null from audit where event = 'pass-used'")
            #expect(used == [["done", "t"]])
        }
    }

    @Test func `mistyped passwords don't burn it at once, and it can't be used to guess`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let pass = try await service.pass(for: person)
            for number in 1...4 {
                let wrong = try await service.login(
                    person, password: "x\(number)", ip: "198.51.100.\(number)", pass: pass)
                #expect(wrong.problem == "login-refused")
            }
            #expect(try await service.database.value("select guesses_left from login_pass") == "1")
            #expect(try await service.login(person, ip: "198.51.100.5", pass: pass).status == 201)

            let other = try await service.person()
            let theirs = try await service.pass(for: other)
            for number in 1...5 {
                _ = try await service.login(
                    other, password: "x", ip: "198.51.100.\(number)", pass: theirs)
            }
            let sixth = try await service.login(other, ip: "198.51.100.6", pass: theirs)
            #expect(sixth.problem == "login-refused")
        }
    }

    @Test func `a wrong, used, expired or foreign pass is answered like none`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let pass = try await service.pass(for: person)
            let other = try await service.person()
            let theirs = try await service.pass(for: other)
            let foreign = try await service.person(in: service.foreignKey)
            var shapes: [String: Set<String>] = [:]
            var network = 0
            func refuse(_ person: Person, _ pass: String?, key: String? = nil) async throws {
                network += 1
                let answer = try await service.login(
                    person, ip: "192.0.2.\(network)", key: key, pass: pass)
                #expect(answer.status == 403)
                // Each practice has its own language.
                shapes[key ?? "", default: []].insert(EnumerationTests.withoutIDs(answer))
            }
            try await refuse(person, nil)
            try await refuse(person, SignInPass.random().text.expose())
            try await refuse(person, "a")
            try await refuse(person, theirs)
            try await refuse(other, pass)
            try await refuse(person, pass, key: service.foreignKey)
            var nobody = person
            nobody.identifier = "nobody@example.nl"
            try await refuse(nobody, pass)
            nobody.password = "x"
            try await refuse(nobody, nil)
            // Where nothing is closed a pass means nothing.
            var mistyped = foreign
            mistyped.password = "x"
            try await refuse(mistyped, pass, key: service.foreignKey)

            try await service.database.execute(
                "update login_pass set expires_at = clock_timestamp()")
            try await refuse(person, pass)
            try await service.database.execute(
                """
                update login_pass
                set expires_at = clock_timestamp() + interval '1 hour',
                    used_at = clock_timestamp()
                """)
            try await refuse(person, pass)
            #expect(shapes.values.allSatisfy { $0.count == 1 }, "\(shapes)")
            #expect(try await service.database.count("login_pass", where: "guesses_left < 5") == 0)
        }
    }

    @Test func `where the ordinary way is open the pass is left as it is`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            _ = try await service.signIn(person, ip: "203.0.113.7")
            let pass = try await service.pass(for: person)
            // A known network goes on without it.
            #expect(
                try await service.login(person, ip: "203.0.113.7", pass: pass).status == 201)
            // That success has opened the others again.
            #expect(
                try await service.login(person, ip: "198.51.100.1", pass: pass).status == 201)
            let row = "select guesses_left || ' ' || (used_at is null) from login_pass"
            #expect(try await service.database.value(row) == "5 true")
        }
    }

    @Test func `where a pass was used its owner goes on, though the first code came to nothing`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let pass = try await service.pass(for: person)
            let home = "198.51.100.1"
            #expect(try await service.login(person, ip: home, pass: pass).status == 201)
            try await service.close(person)
            #expect(try await service.login(person, ip: "198.51.100.2").status == 403)
            #expect(try await service.login(person, ip: home).status == 201)
            // With the refusal that it was for the pass ends here too.
            try await service.travel(24 * 3600 + 1)
            try await service.close(person)
            #expect(try await service.login(person, ip: home).status == 403)
        }
    }

    @Test func `there is one a day, and it ends with the refusal`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let pass = try await service.pass(for: person)
            let ends = try await service.database.value(
                """
                select login_pass.expires_at = account.strange_since + interval '24 hours'
                       and message.expires_at = login_pass.expires_at
                from login_pass
                join account using (account_id)
                cross join message
                where message.code_id is null
                """)
            #expect(ends == "t")
            #expect(try await service.login(person, ip: "198.51.100.1", pass: pass).status == 201)
            try await service.travel(20 * 3600)
            try await service.close(person)
            _ = try await service.login(person, password: "x", ip: "198.51.100.2")
            try await service.travel(4 * 3600 + 1)
            _ = try await service.login(person, password: "x", ip: "198.51.100.3")
            // A day after the first: the account is still closed, and its owner told again.
            let second = try await service.mail.message(3, to: person.email)
            #expect(SignInPass.text(in: second.text) != pass)
            try await service.settle()
            #expect(service.passMails(to: person).count == 2)
            let next = try await service.login(
                person, ip: "198.51.100.4", pass: SignInPass.text(in: second.text))
            #expect(next.status == 201)
        }
    }

    @Test func `nobody is mailed who has no confirmed address, is disabled, or is over a ceiling`()
        async throws
    {
        var settings = TestService.Settings()
        settings.sendsPerHour = 1
        try await TestService.run(settings) { service in
            let unconfirmed = try await service.person(extra: ["email_confirmed": false])
            var byName = unconfirmed
            byName.identifier = unconfirmed.username
            let disabled = try await service.person(extra: ["disabled": true])
            for person in [byName, disabled] {
                try await service.close(person)
                _ = try await service.login(person, password: "x", ip: "198.51.100.1")
            }
            #expect(try await service.database.count("login_pass", where: "true") == 0)

            // Two accounts share a mailbox, which gets one such mail in the hour.
            let family = "family-\(unconfirmed.username)@example.nl"
            for number in 1...2 {
                let member = try await service.person(email: family)
                try await service.close(member)
                _ = try await service.login(member, password: "x", ip: "198.51.100.\(number)")
            }
            #expect(try await service.database.count("login_pass", where: "true") == 1)
            // Its codes have a lane of their own.
            let codes = "destination_key <> (select destination_key from destination limit 1)"
            #expect(try await service.database.count("destination", where: codes) == 0)

            let last = try await service.person()
            try await service.database.execute(
                """
                update send_count set amount = \(SendLimit.passesPerDay) where counter = 'passes'
                """)
            try await service.close(last)
            _ = try await service.login(last, password: "x", ip: "198.51.100.3")
            #expect(try await service.database.count("login_pass", where: "true") == 1)
            #expect(
                try await service.database.count("account", where: "pass_sent_at is not null") == 1)
        }
    }

    @Test func `the same request with a pass is done once`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let pass = try await service.pass(for: person)
            func ask(_ key: String, _ password: String? = nil) async throws -> HTTPAnswer {
                try await service.login(
                    person, password: password, ip: "198.51.100.1", idempotencyKey: key,
                    pass: pass)
            }
            for _ in 1...3 {
                #expect(try await ask("mistyped-once", "x").problem == "login-refused")
            }
            #expect(try await service.database.value("select guesses_left from login_pass") == "4")
            let first = try await ask("right-once")
            let again = try await ask("right-once")
            #expect(first.status == 201 && again.body == first.body)
            // Another pass under that key is another request.
            let other = try await service.login(
                person, ip: "198.51.100.1", idempotencyKey: "right-once", pass: "another")
            #expect(other.problem == "idempotency-key-reused")
        }
    }

    @Test func `a try that nobody could look at gives the pass its guess back`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let pass = try await service.pass(for: person)
            let attempt = service.attempt(person, from: 1, with: pass)
            let database = service.service.database
            let candidate = try await service.admit(attempt)
            #expect(try await service.database.value("select guesses_left from login_pass") == "4")
            try await database.run(ReturnTry(attempt: attempt, candidate: candidate))
            #expect(try await service.database.value("select guesses_left from login_pass") == "5")
            #expect(
                try await service.database.value("select strange_failures from account") == "100")
        }
    }

    @Test func `of parallel failures on two instances one mails the pass`() async throws {
        try await TestService.run(CodeRaceTests.two) { service in
            let person = try await service.person()
            try await service.close(person, failures: 95)
            let answers = try await parallel(12) { number in
                try await service.login(
                    person, password: "x", ip: "10.2.\(number).1", instance: number)
            }
            #expect(answers.allSatisfy { $0.problem == "login-refused" })
            try await service.settle()
            #expect(service.passMails(to: person).count == 1)
            #expect(
                try await service.database.count("message", where: "code_id is null") == 1)
            #expect(try await service.database.count("audit", where: "event = 'pass-sent'") == 1)
            #expect(
                try await service.database.value("select strange_failures from account") == "100")
        }
    }

    @Test func `of parallel logins with one pass one goes on`() async throws {
        try await TestService.run(CodeRaceTests.two) { service in
            let person = try await service.person()
            let pass = try await service.pass(for: person)
            let answers = try await parallel(8) { number in
                try await service.login(
                    person, ip: "10.3.\(number).1", instance: number, pass: pass)
            }
            // Whoever comes after that one's success finds the account open again.
            #expect(answers.contains { $0.status == 201 })
            #expect(answers.allSatisfy { $0.status == 201 || $0.problem == "login-refused" })
            #expect(try await service.database.count("audit", where: "event = 'pass-used'") == 1)
        }
    }

    @Test func `of tries that one pass let in at the same time, one finds it unused`()
        async throws
    {
        try await TestService.run(CodeRaceTests.two) { service in
            let person = try await service.person()
            let pass = try await service.pass(for: person)
            var tries: [(LoginAttempt, AdmitLogin.Candidate)] = []
            for number in 1...UInt8(SignInPass.guesses) {
                let attempt = service.attempt(person, from: number, with: pass)
                tries.append((attempt, try await service.admit(attempt)))
            }
            let admitted = tries
            let forgiven = try await parallel(admitted.count) { number in
                try await service.services[number % 2].database.run(
                    ForgiveFailures(
                        attempt: admitted[number].0, candidate: admitted[number].1))
            }
            #expect(forgiven.count { $0 } == 1)
            #expect(try await service.database.count("audit", where: "event = 'pass-used'") == 1)
            // The networks of the others keep what they were charged.
            #expect(try await service.database.count("throttle", where: "failures = 1") >= 4)
        }
    }
}

extension TestService {
    /// Lets the account have that many failures of strangers by now.
    func close(_ person: Person, failures: Int = LoginLimits.strangeFailures) async throws {
        try await database.execute(
            """
            update account
            set strange_failures = \(failures), strange_since = clock_timestamp()
            from patient_link
            join patient using (practice_id, patient_id)
            where patient_link.account_id = account.account_id
              and patient.external_id = 'ext-\(person.username)'
            """)
    }

    /// As many wrong passwords as it takes, the last ones over HTTP.
    func fail(_ person: Person, upTo count: Int) async throws {
        try await close(person, failures: count - 3)
        for number in 1...3 {
            let answer = try await login(person, password: "x", ip: "10.0.\(count).\(number)")
            try #require(answer.problem == "login-refused")
        }
        try #require(try await database.value("select strange_failures from account") == "\(count)")
    }

    fileprivate func attempt(
        _ person: Person, from host: UInt8, with pass: String
    ) -> LoginAttempt {
        LoginAttempt(
            act: Act(practiceID: practice, clientID: nil, key: nil, requestID: UUID()),
            identifier: Identifier(typed: person.identifier), network: [198, 51, 100, host],
            pass: Secret(pass), keys: service.keys)
    }

    /// Whom only the pass lets in.
    fileprivate func admit(_ attempt: LoginAttempt) async throws -> AdmitLogin.Candidate {
        let admitted = try await service.database.run(
            AdmitLogin(attempt: attempt, emailCodes: true))
        guard case .now(.first(.admitted(let candidate), _)) = admitted, candidate.byPass else {
            Issue.record("not let in")
            throw NeverHappened()
        }
        return candidate
    }

    /// What the owner finds in the mail once strangers have closed the account.
    func pass(for person: Person) async throws -> String {
        try await close(person)
        _ = try await login(person, password: "x", ip: "10.4.0.1")
        return SignInPass.text(in: try await passMail(to: person).text)
    }

    func passMail(to person: Person) async throws -> RecordedMessage {
        var number = 0
        while true {
            number += 1
            let mail = try await mail.message(number, to: person.email)
            if mail.message.code == nil { return mail }
        }
    }

    func passMails(to person: Person) -> [RecordedMessage] {
        mail.messages.filter { $0.to == person.email && $0.message.code == nil }
    }

    /// Until nothing is left to be delivered.
    func settle() async throws {
        try await eventually {
            try await database.count(
                "message", where: "state = 'queued' and created_at <= clock_timestamp()")
                == 0
        }
    }
}

extension SignInPass {
    /// The pass behind the link in a mail's text.
    static func text(in mail: String) -> String {
        mail.firstMatch(of: /#pass=([A-Za-z0-9_-]+)/).map { String($0.1) } ?? ""
    }
}
