import Foundation
import Testing

@testable import Auth

/// A patient signs in: password, code, tokens (product.md, SC-1 to SC-9).
@Suite struct SignInTests {
    @Test func `a right password sends a code, and the code gives tokens`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let started = try await service.login(person, ip: "192.0.2.10")
            #expect(started.status == 201)
            let login = try started.json()
            let id = try #require(login["id"].string)
            #expect(started.header("Location") == "/v1/logins/\(id)")
            #expect(login["status"].string == "open")
            #expect(login["next"].string == "code")
            #expect(login["tokens"].isAbsent)
            #expect(login["factors"][0]["type"].string == "email")
            #expect(login["factors"][0]["destination"].string == "p•••@e•••.nl")

            let mail = try await service.mail.message(to: person.email)
            #expect(mail.code.count == 6)
            let done = try await service.verify(id, mail.code, ip: "192.0.2.10")
            #expect(done.status == 200)
            let finished = try done.json()
            #expect(finished["status"].string == "done")
            #expect(finished["next"] == .null)
            #expect(finished["steps"][0]["done"].bool == true)
            #expect(finished["tokens"]["token_type"].string == "Bearer")
            #expect(finished["tokens"]["expires_in"].int == 600)
            #expect(finished["tokens"]["access_token"].string?.split(separator: ".").count == 3)
            let again = try await service.send("GET", "/v1/logins/\(id)")
            #expect(try again.json()["tokens"].isAbsent)
        }
    }

    @Test func `answer and mail name the same time and reference`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let login = try await service.login(person).json()
            let code = login["code"]
            let mail = try await service.mail.message(to: person.email)
            let time = try #require(code["sent_at_local"].string)
            let reference = try #require(code["reference"].string)
            #expect(reference.count == 2 && reference == reference.uppercased())
            for text in [mail.text, mail.html ?? ""] {
                #expect(text.contains(time))
                #expect(text.contains(reference))
                #expect(text.contains(mail.code))
            }
            let subject = try #require(mail.subject)
            #expect(subject.contains(time))
            #expect(!subject.contains(mail.code))
            #expect(code["attempts_left"].int == 5)
            #expect(code["delivery"].string == "queued")
            for member in ["expires_at", "resend_at", "sent_at"] {
                #expect(code[member].string?.hasSuffix("Z") == true)
            }
        }
    }

    @Test func `the login tells how far its message got`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let login = try await service.begin(person)
            try await eventually {
                let read = try await service.send("GET", "/v1/logins/\(login.id)").json()
                return read["code"]["delivery"].string == "sent"
            }
        }
    }

    @Test func `a resend voids the older code, which says so and spends nothing`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let login = try await service.begin(person)
            try await service.travel(31)
            let resent = try await service.send("POST", "/v1/logins/\(login.id)/codes")
            #expect(resent.status == 201)
            let sent = try resent.json()
            let newer = try await service.mail.message(2, to: person.email)
            for _ in 1...7 {
                let old = try await service.verify(login.id, login.code)
                #expect(old.status == 409)
                #expect(old.problem == "code-superseded")
                let problem = try old.json()
                #expect(problem["newest_reference"] == sent["reference"])
                #expect(problem["newest_sent_at_local"] == sent["sent_at_local"])
                #expect(problem["newest_sent_at"] == sent["sent_at"])
            }
            #expect(try await service.verify(login.id, newer.code).status == 200)
        }
    }

    @Test func `a newer login voids the older one's code, for its own id and in the new login`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let older = try await service.begin(person)
            let newer = try await service.begin(person)
            for id in [older.id, newer.id] {
                for _ in 1...6 {
                    let answer = try await service.verify(id, older.code)
                    #expect(answer.problem == "code-superseded", "\(answer.text)")
                    #expect(try answer.json()["newest_reference"].string?.count == 2)
                }
            }
            let left = try await service.send("GET", "/v1/logins/\(newer.id)").json()
            #expect(left["code"]["attempts_left"].int == 5)
            #expect(try await service.verify(newer.id, newer.code).status == 200)
        }
    }

    @Test func `a code works once`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let login = try await service.begin(person)
            #expect(try await service.verify(login.id, login.code).status == 200)
            let again = try await service.verify(login.id, login.code)
            #expect(again.status == 409)
            #expect(again.problem == "code-used")
        }
    }

    @Test func `a code lives ten minutes`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let early = try await service.begin(person)
            try await service.travel(595)
            #expect(try await service.verify(early.id, early.code).status == 200)
            let late = try await service.begin(person)
            try await service.travel(601)
            let answer = try await service.verify(late.id, late.code)
            #expect(answer.status == 410)
            #expect(answer.problem == "code-expired")
        }
    }

    @Test func `a wrong code says how many guesses are left, and the last one ends the login`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let login = try await service.begin(person)
            for left in [4, 3, 2, 1, 0] {
                let answer = try await service.verify(login.id, TestService.wrong(login.code))
                #expect(answer.status == 422)
                #expect(answer.problem == "code-incorrect")
                #expect(try answer.json()["attempts_left"].int == left)
            }
            let right = try await service.verify(login.id, login.code)
            #expect(right.status == 429)
            #expect(right.problem == "code-attempts-exhausted")
            #expect(right.header("Retry-After") != nil)
            let resend = try await service.send("POST", "/v1/logins/\(login.id)/codes")
            #expect(resend.problem == "login-ended")
            let read = try await service.send("GET", "/v1/logins/\(login.id)").json()
            #expect(read["status"].string == "ended")
            let fresh = try await service.begin(person)
            #expect(try await service.verify(fresh.id, fresh.code).status == 200)
        }
    }

    @Test func `a resend waits thirty seconds, then sixty, then a hundred and twenty`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let login = try await service.begin(person)
            for wait in [30.0, 60, 120, 120] {
                try await service.travel(wait - 4)
                let early = try await service.send("POST", "/v1/logins/\(login.id)/codes")
                #expect(early.status == 429)
                #expect(early.problem == "resend-too-soon")
                let seconds = Int(early.header("Retry-After") ?? "") ?? 0
                #expect((1...4).contains(seconds))
                #expect(try early.json()["retry_at"].string != nil)
                try await service.travel(5)
                let sent = try await service.send("POST", "/v1/logins/\(login.id)/codes")
                #expect(sent.status == 201, "\(sent.text)")
            }
        }
    }

    @Test func `five codes an hour and ten a day go to one address, whoever asks`() async throws {
        var settings = TestService.Settings()
        settings.sendsPerHour = 5
        settings.sendsPerDay = 10
        try await TestService.run(settings) { service in
            let person = try await service.person()
            for round in 1...2 {
                for _ in 1...5 { _ = try await service.begin(person) }
                let refused = try await service.login(person)
                #expect(refused.status == 429, "round \(round)")
                #expect(refused.problem == "sends-exhausted")
                #expect(refused.header("Retry-After") != nil)
                try await service.travel(3601)
            }
            let tomorrow = try await service.login(person)
            #expect(tomorrow.problem == "sends-exhausted")
            let seconds = Int(tomorrow.header("Retry-After") ?? "") ?? 0
            #expect(seconds > 3600 * 20)
            #expect(service.mail.count(to: person.email) == 10)
        }
    }

    @Test func `a refused send voids nothing`() async throws {
        var settings = TestService.Settings()
        settings.sendsPerHour = 1
        try await TestService.run(settings) { service in
            let person = try await service.person()
            let login = try await service.begin(person)
            #expect(try await service.login(person).problem == "sends-exhausted")
            #expect(try await service.verify(login.id, login.code).status == 200)
        }
    }

    @Test func `an abandoned login sends nothing more and its code is dead`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let login = try await service.begin(person)
            #expect(try await service.send("DELETE", "/v1/logins/\(login.id)").status == 204)
            #expect(try await service.send("DELETE", "/v1/logins/\(login.id)").status == 204)
            #expect(try await service.verify(login.id, login.code).problem == "login-ended")
            let resend = try await service.send("POST", "/v1/logins/\(login.id)/codes")
            #expect(resend.problem == "login-ended")
        }
    }

    @Test func `a login answers only the client that began it`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let login = try await service.begin(person)
            for key in [service.secondKey, service.foreignKey] {
                let path = "/v1/logins/\(login.id)"
                #expect(try await service.send("GET", path, key: key).status == 404)
                #expect(try await service.send("DELETE", path, key: key).status == 404)
                #expect(try await service.send("POST", path + "/codes", key: key).status == 404)
                let verify = try await service.verify(login.id, login.code, key: key)
                #expect(verify.problem == "code-unknown")
            }
            #expect(try await service.verify(login.id, login.code).status == 200)
        }
    }

    @Test func `an identifier is found however it was pasted`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let spellings = [
                person.email.uppercased(), "  \(person.email) ", "\u{FEFF}\(person.email)\n",
                person.username, person.username.uppercased() + " ",
            ]
            for spelling in spellings {
                var typed = person
                typed.identifier = spelling
                #expect(try await service.login(typed).status == 201, "\(spelling)")
            }
        }
    }

    @Test func `without a confirmed mailbox the answer says that no code can be sent`()
        async throws
    {
        try await TestService.run { service in
            var person = try await service.person(extra: ["email_confirmed": false])
            person.identifier = person.username
            let answer = try await service.login(person)
            #expect(answer.status == 409)
            #expect(answer.problem == "factor-unavailable")
        }
    }
}
