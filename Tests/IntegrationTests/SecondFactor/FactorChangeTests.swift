import Foundation
import Testing

@testable import Auth

/// What a change of factors needs and does: nobody adds, replaces or removes one by a stolen session, and
/// its owner hears of it (Z-2, Z-3, Z-32, F7, F10).
@Suite struct FactorChangeTests {
    @Test func `a factor ends the account's other sessions and tells its mailbox, in one commit`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let other = try await service.tokens(of: person)
            let mine = try await service.tokens(of: person)
            let stranger = try await service.tokens(of: try await service.person())
            let id = try await service.phone(mine.access)
            let told = try await service.told("kunnen nu ook per sms komen", person)
            #expect(told.text.contains("https://portal.example/not-me#code="))
            #expect(try await service.refresh(other.refresh).problem == "token-invalid")
            #expect(try await service.refresh(mine.refresh).status == 200)
            #expect(try await service.refresh(stranger.refresh).status == 200)
            let audited = try await service.database.count(
                "audit", where: "event = 'factor-activated' and object_id = '\(id)'")
            #expect(audited == 1)

            let fresh = try await service.signInByPhone(person)
            #expect(
                try await service.account("DELETE", "factors/\(id)", fresh.access).status == 204)
            _ = try await service.told(
                "Een telefoon voor codes bij het inloggen is verwijderd", person)
            #expect(try await service.refresh(fresh.refresh).status == 200)
            #expect(try await service.login(person).json()["code"]["channel"] == "email")
        }
    }

    @Test func `a mail that can't be written keeps the factor pending`() async throws {
        try await TestService.run { service in
            let token = try await service.tokens(of: try await service.person()).access
            let added = try await service.addPhone(token)
            let id = try #require(try added.json()["id"].string)
            let code = try await service.mail.message(to: TestService.number).code
            try await service.database.execute(
                """
                alter table message add constraint broken check (template <> 'account-changed')
                not valid
                """)
            #expect(try await service.activate(id, code, token).status == 500)
            try await service.database.execute("alter table message drop constraint broken")
            #expect(try await service.factors(token)["data"][0]["status"] == "pending")
            #expect(try await service.activate(id, code, token).status == 200)
        }
    }

    @Test
    func `wherever an enrolment is given up, nothing is half active and the old factor works`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let mailbox = try await service.tokens(of: person).access
            _ = try await service.phone(mailbox)
            let token = try await service.signInByPhone(person).access
            // After the number, after a wrong code, after a wrong password, after the app's secret.
            let added = try await service.addPhone(token, "+31687654321")
            let id = try #require(try added.json()["id"].string)
            let code = try await service.mail.message(to: "+31687654321").code
            func stillOld(_ line: Int = #line) async throws {
                let active = try await service.database.rows(
                    "select type, address from factor where activated_at is not null")
                #expect(active == [["sms", TestService.number]], "\(line)")
                _ = try await service.signInByPhone(person)
            }
            try await stillOld()
            _ = try await service.activate(id, TestService.wrong(code), token)
            try await stillOld()
            _ = try await service.activate(id, code, token, password: "Winter-aan-Zee-42!")
            try await stillOld()
            let app = try TestApp(
                try await service.account("POST", "factors", token, json: ["type": "totp"]).json())
            try await stillOld()
            _ = try await service.activate(app.id, app.wrong(), token)
            try await stillOld()
            try await service.travel(601)
            let late = try await service.signInByPhone(person).access
            #expect(try await service.activate(id, code, late).problem == "code-expired")
            for factor in [id, app.id] {
                let gone = try await service.account("DELETE", "factors/\(factor)", late)
                #expect(gone.status == 204, "\(gone.text)")
            }
            #expect(try await service.factors(late)["data"].array.count == 1)
            try await stillOld()
        }
    }

    @Test func `nobody enrols again without a proof by what is held`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let mailbox = try await service.tokens(of: person).access
            let id = try await service.phone(mailbox)
            // This session proved the mailbox; a phone is bound now.
            let calls: [(String, String, JSON?)] = [
                ("POST", "factors", ["type": "totp"]),
                ("POST", "factors", ["type": "sms", "number": "0687654321"]),
                ("POST", "factors", ["type": "email"]), ("DELETE", "factors/\(id)", nil),
                ("POST", "recovery-codes", nil),
            ]
            func refused(_ token: String, _ line: Int = #line) async throws {
                for (method, path, body) in calls {
                    let answer = try await service.account(method, path, token, json: body)
                    #expect(answer.problem == "insufficient-user-authentication", "\(line) \(path)")
                    #expect(
                        try answer.json()["acr_values"] == "2r" && answer.json()["max_age"] == 300)
                    #expect(
                        answer.header("WWW-Authenticate")?.contains("acr_values=\"2r\"") == true)
                }
            }
            try await refused(mailbox)
            // A step-up ages.
            let phone = try await service.signInByPhone(person)
            try await service.travel(301)
            try await refused(phone.access)
            let fresh = try await service.signInByPhone(person).access
            #expect(
                try await service.account("POST", "factors", fresh, json: ["type": "totp"]).status
                    == 201)
        }
    }

    @Test func `a pending app can't be proven by a session that grew stale`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            _ = try await service.phone(try await service.tokens(of: person).access)
            let token = try await service.signInByPhone(person).access
            let added = try await service.account("POST", "factors", token, json: ["type": "totp"])
            let app = try TestApp(try added.json())
            try await service.travel(301)
            let late = try await service.activate(app.id, app.code(), token)
            #expect(late.problem == "insufficient-user-authentication")
        }
    }

    @Test func `with a phone bound the mailbox is a choice, and proves nothing above it`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            _ = try await service.phone(try await service.tokens(of: person).access)
            #expect(try await service.login(person).json()["factors"].array.count == 1)
            let token = try await service.signInByPhone(person).access
            let added = try await service.account("POST", "factors", token, json: ["type": "email"])
            #expect(added.status == 201, "\(added.text)")
            let id = try #require(try added.json()["id"].string)
            let mailed = try await service.mail.code(of: added.json()["code"], to: person.email)
            #expect(try await service.activate(id, mailed, token).status == 200)
            let again = try await service.account("POST", "factors", token, json: ["type": "email"])
            #expect(again.problem == "factor-unavailable")

            let login = try await service.login(person).json()
            #expect(login["factors"].array.map { $0["type"] } == ["sms", "email"])
            #expect(login["code"]["channel"] == "sms")
            let flow = try #require(login["id"].string)
            let sent = try await service.send(
                "POST", "/v1/logins/\(flow)/codes", json: ["factor_id": .string(id)])
            #expect(sent.status == 201, "\(sent.text)")
            let code = try await service.mail.code(of: sent.json(), to: person.email)
            let tokens = try TestService.TokenPair(
                try await service.verify(flow, code).json()["tokens"])
            let claims = try SignedToken(tokens.access).claims
            #expect(claims["acr"] == "1" && claims["amr"] == ["pwd", "email"])
            let refused = try await service.account("POST", "recovery-codes", tokens.access)
            #expect(refused.problem == "insufficient-user-authentication")
            let removed = try await service.account(
                "DELETE", "factors/\(id)", try await service.signInByPhone(person).access)
            #expect(removed.status == 204)
            #expect(try await service.login(person).json()["factors"].array.count == 1)
        }
    }

    @Test func `the last factor that policy demands stays`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let id = try await service.phone(try await service.tokens(of: person).access)
            let token = try await service.signInByPhone(person).access
            for policy: [String: JSON] in [
                ["second_factor": "phone-or-app"],
                ["second_factor": "required", "email_codes": false],
            ] {
                try await service.setPolicy(.object(policy))
                let refused = try await service.account("DELETE", "factors/\(id)", token)
                #expect(refused.status == 409 && refused.problem == "factor-required")
            }
            try await service.setPolicy(["second_factor": "phone-or-app", "email_codes": true])
            let app = try await service.app(token)
            // Of two requests that each take one, one finds the other's gone.
            let fresh = try await service.signInByPhone(person).access
            try await service.renew(app)
            let sure = try await raised(service, person, app)
            let answers = try await parallel(2) { number in
                try await service.account(
                    "DELETE", "factors/\(number == 0 ? id : app.id)", sure)
            }
            #expect(Set(answers.map(\.status)) == [204, 409])
            let unknown = try await service.account("DELETE", "factors/\(UUID().text)", fresh)
            #expect([401, 404].contains(unknown.status))
        }
    }

    /// A sign-in at level 2, by the app, where the phone comes first.
    private func raised(
        _ service: TestService, _ person: Person, _ app: TestApp
    ) async throws -> String {
        let login = try await service.login(person).json()
        let id = try #require(login["id"].string)
        let done = try await service.send(
            "POST", "/v1/logins/\(id)/verify",
            json: ["code": .string(app.code()), "factor_id": .string(app.id)])
        try #require(done.status == 200, "\(done.text)")
        return try TestService.TokenPair(try done.json()["tokens"]).access
    }

    @Test func `no call is made without the patient's token, and none for another's factor`()
        async throws
    {
        try await TestService.run { service in
            let one = try await service.tokens(of: try await service.person()).access
            let added = try await service.addPhone(one)
            let id = try #require(try added.json()["id"].string)
            let other = try await service.tokens(of: try await service.person()).access
            for (method, path, body) in [
                ("GET", "factors", nil), ("POST", "factors", ["type": "totp"]),
                ("POST", "factors/\(id)/codes", nil),
                ("POST", "factors/\(id)/activate", ["code": "123456", "password": "x"]),
                ("DELETE", "factors/\(id)", nil), ("POST", "recovery-codes", nil),
            ] as [(String, String, JSON?)] {
                for token in [nil, "x", one + "x"] {
                    let answer = try await service.account(method, path, token, json: body)
                    #expect(answer.problem == "token-invalid", "\(path)")
                }
                let foreign = try await service.account(
                    method, path, one, json: body, key: service.secondKey)
                #expect(foreign.problem == "token-invalid", "\(path)")
                guard path.contains(id) else { continue }
                let theirs = try await service.account(method, path, other, json: body)
                #expect(theirs.problem == "factor-unknown", "\(path)")
            }
            let spelled = try await service.account("DELETE", "factors/nonsense", one)
            #expect(spelled.problem == "factor-unknown")
        }
    }
}
