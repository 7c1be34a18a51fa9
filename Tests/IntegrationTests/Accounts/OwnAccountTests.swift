import Foundation
import Testing

@testable import Auth

/// The account for whoever is signed in to it, and its password (IN-3, IN-4, IN-8, Z-3, Z-5).
@Suite struct OwnAccountTests {
    private static let newPassword = "Herfst-in-de-Duinen-17!"

    @Test func `an account tells its owner all, in full, and while steps are left too`()
        async throws
    {
        try await TestService.run { service in
            let mobile = TestService.freshMobile()
            let person = try await service.person(
                extra: ["mobile": .string(mobile), "mobile_confirmed": true])
            let first = try await service.tokens(of: person)
            #expect(try await service.account(first.access)["last_sign_in_at"].isAbsent)
            let second = try await service.tokens(of: person)
            let account = try await service.account(second.access)
            let claims = try SignedToken(second.access).claims
            #expect(account["subject"] == claims["sub"])
            #expect(account["first_name"] == "Anna" && account["last_name"] == "Jansen")
            #expect(account["locale"] == "nl" && account["has_username"] == true)
            #expect(
                account["email"] == ["address": .string(person.email), "confirmed": true])
            #expect(account["mobile"] == ["address": .string(mobile), "confirmed": true])
            #expect(account["customer_number"].isAbsent)
            #expect(account["patients"][0]["id"] == claims["patients"][0])
            #expect(account["patients"][0]["role"] == "self")
            #expect(account["identity_level"] == claims["identity_level"])
            #expect(account["steps"] == [] && account["factors"] == [])
            #expect(account["has_super_pin"] == false)
            for member in ["password_changed_at", "signed_in_at", "last_sign_in_at"] {
                #expect(account[member].string?.hasSuffix("Z") == true, "\(member)")
            }

            try await service.database.execute("update session set steps = '{add_factor}'")
            #expect(try await service.account(second.access)["steps"] == ["add_factor"])
            for (method, path) in [("PATCH", ""), ("GET", "/activity")] {
                let refused = try await service.own(
                    method, path, method == "GET" ? nil : ["first_name": "Eva"],
                    token: second.access)
                #expect(refused.status == 403, "\(path)")
                #expect(refused.problem == "session-unfinished", "\(path)")
            }
            #expect(try await service.own("GET", token: "x").problem == "token-invalid")
        }
    }

    @Test func `a customer number and a link's end are shown`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let account = try await service.id(of: person)
            try await service.database.execute(
                """
                insert into customer_number (practice_id, patient_id, number)
                select practice_id, patient_id, '1234567894'
                from patient_link
                where account_id = '\(account)';
                update patient_link
                set ends_at = '2099-01-01T00:00:00Z'
                where account_id = '\(account)'
                """)
            let token = try await service.tokens(of: person).access
            let read = try await service.account(token)
            #expect(read["customer_number"] == "1234567894")
            #expect(read["patients"][0]["ends_at"] == "2099-01-01T00:00:00.000Z")
        }
    }

    @Test func `names and language are changed by their owner, and the audit keeps neither`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let token = try await service.tokens(of: person).access
            let changed = try await service.own(
                "PATCH", "", ["first_name": "  Eva ", "locale": "nb"], token: token)
            #expect(changed.status == 200, "\(changed.text)")
            let account = try changed.json()
            #expect(account["first_name"] == "Eva" && account["last_name"] == "Jansen")
            #expect(account["locale"] == "nb")
            #expect(try await service.own("PATCH", "", [:], token: token).status == 200)
            for body: JSON in [
                ["first_name": "123"], ["locale": "fy"], ["email": "x@example.nl"],
                ["last_name": "\u{202E}x"],
            ] {
                let refused = try await service.own("PATCH", "", body, token: token)
                #expect(refused.problem == "field-invalid", "\(body)")
            }
            let audited = try await service.database.rows(
                "select result, reason from audit where event = 'profile-changed'")
            #expect(audited == [["done", "first_name locale"]])
        }
    }

    @Test func `a new password ends all other sign-ins at once, and every mailbox is told`()
        async throws
    {
        try await TestService.run { service in
            var person = try await service.person()
            let other = try await service.tokens(of: person)
            let own = try await service.tokens(of: person)
            let open = try await service.begin(person)
            let mails = service.mail.count(to: person.email)
            let answer = try await service.changePassword(
                person, to: Self.newPassword, token: own.access)
            #expect(answer.status == 204, "\(answer.text)")
            // At once, not when the token ends.
            for token in [other.access, other.refresh] {
                #expect(try await !service.isActive(token))
            }
            #expect(try await service.refresh(other.refresh).problem == "token-invalid")
            #expect(try await service.isActive(own.access))
            #expect(try await service.refresh(own.refresh).status == 200)
            // What was begun with the old one is over, with its code.
            #expect(try await service.verify(open.id, open.code).problem == "login-ended")

            let mail = try await service.mail.message(mails + 1, to: person.email)
            #expect(mail.text.contains("Uw wachtwoord is gewijzigd."))
            #expect(!mail.freezeCode.isEmpty)
            #expect(try await service.login(person).problem == "login-refused")
            person.password = Self.newPassword
            #expect(try await service.login(person).status == 201)
            let audited = try await service.database.rows(
                """
                select event, reason from audit
                where event in ('password-changed', 'session-ended', 'change-told')
                order by event
                """)
            #expect(
                audited == [
                    ["change-told", nil], ["password-changed", nil],
                    ["session-ended", "password-changed"],
                ])
        }
    }

    @Test func `a stale sign-in, or one less sure than the account's, changes nothing`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let old = try await service.tokens(of: person).access
            try await service.travel(301)
            try await refused(old, acr: "1", of: person, service)

            let weak = try await service.tokens(of: person).access
            try await service.database.execute(
                """
                insert into factor
                    (account_id, factor_id, practice_id, type, address, activated_at)
                values ('\(service.id(of: person))', gen_random_uuid(), '\(service.practice)',
                        'sms', '\(TestService.freshMobile())', clock_timestamp())
                """)
            try await refused(weak, acr: "2r", of: person, service)
            #expect(try await service.account(weak)["factors"] == ["sms"])
        }
    }

    /// Each sensitive call says what sign-in it needs (RFC 9470), and does nothing.
    private func refused(
        _ token: String, acr: String, of person: Person, _ service: TestService
    ) async throws {
        let messages = try await service.database.count("message", where: "true")
        for answer in [
            try await service.changePassword(person, to: Self.newPassword, token: token),
            try await service.own(
                "PUT", "/email",
                ["email": "eva@example.nl", "password": .string(person.password)], token: token),
            try await service.askMobile(person, TestService.freshMobile(), token: token),
        ] {
            #expect(answer.status == 401, "\(answer.text)")
            #expect(answer.problem == "insufficient-user-authentication")
            let header = try #require(answer.header("WWW-Authenticate"))
            #expect(header.contains("error=\"insufficient_user_authentication\""))
            #expect(header.contains("acr_values=\"\(acr)\"") && header.contains("max_age=\"300\""))
        }
        #expect(try await service.database.count("message", where: "true") == messages)
        #expect(try await service.database.count("contact_change", where: "true") == 0)
        #expect(
            try await service.database.count("audit", where: "event = 'password-changed'") == 0)
    }

    @Test func `neither a wrong password nor a weak one changes anything`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let tokens = try await service.tokens(of: person)
            var wrong = person
            wrong.password = "Zomer-aan-Zee-43!"
            let answer = try await service.changePassword(
                wrong, to: Self.newPassword, token: tokens.access)
            #expect(answer.status == 422)
            #expect(answer.problem == "password-incorrect")
            for weak in ["kort", "Jansen-1987-Anna!", person.username + "-A1!"] {
                let refused = try await service.changePassword(
                    person, to: weak, token: tokens.access)
                #expect(refused.problem == "password-refused", "\(weak): \(refused.text)")
            }
            #expect(try await service.login(person).status == 201)
            #expect(
                try await service.database.count("audit", where: "event = 'password-changed'") == 0)
        }
    }

    @Test func `of changes at the same time on two instances one wins, and nothing is half done`()
        async throws
    {
        var settings = TestService.Settings()
        settings.instances = 2
        try await TestService.run(settings) { service in
            let person = try await service.person()
            let sessions = [
                try await service.tokens(of: person), try await service.tokens(of: person),
            ]
            let passwords = (0..<4).map { "Herfst-in-de-Duinen-\($0)7!" }
            let answers = try await parallel(4) { number in
                let answer = try await service.changePassword(
                    person, to: passwords[number], token: sessions[number / 2].access,
                    instance: number % 2)
                return (number, answer)
            }
            let winners = answers.filter { $0.1.status == 204 }.map(\.0)
            #expect(winners.count == 1, "\(answers.map(\.1.text))")
            for (_, answer) in answers where answer.status != 204 {
                #expect(
                    ["token-invalid", "password-incorrect", "password-throttled"]
                        .contains(answer.problem ?? ""), "\(answer.text)")
            }
            let winner = try #require(winners.first)
            #expect(try await service.isActive(sessions[winner / 2].access))
            #expect(try await !service.isActive(sessions[1 - winner / 2].access))
            var changed = person
            changed.password = passwords[winner]
            #expect(try await service.login(changed).status == 201)
            #expect(try await service.login(person).problem == "login-refused")
            let told = try await service.database.count(
                "message", where: "template = 'account-changed'")
            #expect(told == 1)
        }
    }
}
