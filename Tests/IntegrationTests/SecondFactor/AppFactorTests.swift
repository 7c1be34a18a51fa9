import Cryptography
import Foundation
import Testing

@testable import Auth

/// An authenticator app: shown once, proven by a code that is thereby burnt, stopped by guessing
/// (F1 to F6, RFC 6238).
@Suite struct AppFactorTests {
    @Test func `an app is set up once and signs in without any message`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let token = try await service.tokens(of: person).access
            let added = try await service.account("POST", "factors", token, json: ["type": "totp"])
            #expect(added.status == 201, "\(added.text)")
            let shown = try added.json()
            let app = try TestApp(shown)
            let uri = try #require(shown["uri"].string)
            let resent = try await service.account("POST", "factors/\(app.id)/codes", token)
            #expect(resent.status == 409 && resent.problem == "factor-unavailable")
            #expect(uri.hasPrefix("otpauth://totp/Huisartsenpraktijk%20De%20Linde:"))
            #expect(uri.contains("secret=\(app.totp.base32.expose())&"))
            #expect(try shown["qr_svg"].string == #require(QRCode(uri)).svg)
            // Nobody is shown it again, and it opens nothing yet.
            let listed = try await service.account("GET", "factors", token)
            #expect(!listed.text.contains(app.totp.base32.expose()))
            #expect(try await service.login(person).json()["factors"].array.count == 1)
            #expect(
                try await service.activate(app.id, app.wrong(), token).problem == "code-incorrect")
            #expect(try await service.activate(app.id, app.code(), token).status == 200)

            let sent = service.mail.messages.count
            let started = try await service.login(person)
            let login = try started.json()
            #expect(login["code"].isAbsent && login["next"] == "code")
            #expect(login["factors"] == [["id": .string(app.id), "type": "totp"]])
            let id = try #require(login["id"].string)
            // Replay of the enrolment's code at the first sign-in.
            #expect(try await service.verify(id, app.code(0)).problem == "code-used")
            let done = try await service.verify(id, app.code(1))
            #expect(done.status == 200, "\(done.text)")
            let claims = try SignedToken(
                try TestService.TokenPair(try done.json()["tokens"]).access
            ).claims
            #expect(claims["acr"] == "2" && claims["amr"] == ["pwd", "otp", "mfa"])
            #expect(try done.json()["code"].isAbsent)
            #expect(service.mail.messages.allSatisfy { $0.code.isEmpty || $0.to == person.email })
            #expect(service.mail.messages.count <= sent + 1)
            let read = try await service.send("GET", "/v1/logins/\(id)").json()
            #expect(read["status"] == "done" && read["code"].isAbsent)
            #expect(try await service.verify(id, app.code(1)).problem == "code-used")
        }
    }

    @Test func `of twenty parallel uses of one code one signs in`() async throws {
        var settings = TestService.Settings()
        settings.instances = 2
        try await TestService.run(settings) { service in
            let person = try await service.person()
            let app = try await service.app(try await service.tokens(of: person).access)
            try await service.renew(app)
            var logins: [String] = []
            for number in 0..<20 {
                let login = try await service.login(person, instance: number)
                logins.append(try #require(try login.json()["id"].string, "\(login.text)"))
            }
            let code = app.code()
            let answers = try await parallel(20) { [logins] number in
                try await service.verify(logins[number], code, instance: number)
            }
            #expect(answers.count { $0.status == 200 } == 1)
            #expect(answers.allSatisfy { [200, 409, 503].contains($0.status) })
            let sessions = try await service.database.count(
                "session", where: "proofs @> '[{\"method\": \"totp\"}]'")
            #expect(sessions == 1)
            // The same login at once as well.
            try await service.renew(app)
            let next = app.code(1)
            let open = try #require(try await service.login(person).json()["id"].string)
            let same = try await parallel(20) { number in
                try await service.verify(open, next, instance: number)
            }
            #expect(same.count { $0.status == 200 } == 1)
        }
    }

    @Test func `a clock that is off is told after the password, and only there`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let app = try await service.app(try await service.tokens(of: person).access)
            let id = try #require(try await service.login(person).json()["id"].string)
            let early = try await service.verify(id, app.code(7))
            #expect(early.status == 422 && early.problem == "clock-skew", "\(early.text)")
            let failures = try await service.database.value("select failures from factor")
            #expect(failures == "1")
            #expect(try await service.verify(id, app.code(1)).status == 200)
            let cleared = try await service.database.value("select failures from factor")
            #expect(cleared == "0")
        }
    }

    @Test func `wrong codes wait, and ten in a row stop the app alone`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            _ = try await service.phone(try await service.tokens(of: person).access)
            let fresh = try await service.signInByPhone(person).access
            let app = try await service.app(fresh)
            func guess() async throws -> HTTPAnswer {
                let id = try #require(try await service.login(person).json()["id"].string)
                return try await service.send(
                    "POST", "/v1/logins/\(id)/verify",
                    json: ["code": .string(app.wrong()), "factor_id": .string(app.id)])
            }
            for left in (6...9).reversed() {
                let answer = try await guess()
                #expect(answer.problem == "code-incorrect")
                #expect(try answer.json()["attempts_left"].int == left)
            }
            for (left, wait) in [(5, 30.0), (4, 60), (3, 120), (2, 240), (1, 480)] {
                #expect(try await guess().json()["attempts_left"].int == left)
                let refused = try await guess()
                #expect(refused.status == 429 && refused.problem == "code-attempts-exhausted")
                try await service.travel(wait + 1)
            }
            #expect(try await guess().json()["attempts_left"] == 0)
            _ = try await service.told("De app voor codes bij het inloggen is gestopt", person)
            // The right code is worth nothing any more; the phone goes on.
            let login = try await service.login(person).json()
            #expect(login["factors"].array.map { $0["type"] } == ["sms"])
            try await service.renew(app)
            let id = try #require(login["id"].string)
            let dead = try await service.send(
                "POST", "/v1/logins/\(id)/verify",
                json: ["code": .string(app.code()), "factor_id": .string(app.id)])
            #expect(dead.problem == "factor-unknown")
            let token = try await service.signInByPhone(person).access
            let listed = try await service.factors(token)["data"].array
            #expect(listed.map { $0["status"] } == ["active", "disabled"])
            #expect(try await service.account("DELETE", "factors/\(app.id)", token).status == 204)
        }
    }

    @Test func `whoever stops the only app by guessing does not get in by the mailbox then`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let token = try await service.tokens(of: person).access
            _ = try await service.app(token)
            try await service.database.execute(
                "update factor set disabled_at = clock_timestamp()")
            #expect(try await service.login(person).problem == "factor-unavailable")
            // Nor does the mailbox's sign-in get the account another one: it has to be recovered.
            let added = try await service.account("POST", "factors", token, json: ["type": "totp"])
            #expect(added.problem == "insufficient-user-authentication")
            #expect(try added.json()["acr_values"] == "2r")
            try await service.setPolicy(["second_factor": "phone-or-app"])
            #expect(try await service.login(person).problem == "factor-unavailable")
        }
    }

    @Test func `parallel guesses don't get past the tenth`() async throws {
        var settings = TestService.Settings()
        settings.instances = 2
        try await TestService.run(settings) { service in
            let person = try await service.person()
            let app = try await service.app(try await service.tokens(of: person).access)
            let id = try #require(try await service.login(person).json()["id"].string)
            let wrong = app.wrong()
            let answers = try await parallel(30) { number in
                try await service.verify(id, wrong, instance: number)
            }
            #expect(answers.count { $0.problem == "code-incorrect" } == 5)
            let failures = try await service.database.value("select failures from factor")
            #expect(failures == "5")
            // Nor does a right one while the wait is on.
            #expect(try await service.verify(id, app.code(1)).problem == "code-attempts-exhausted")
        }
    }

    @Test func `a login turns to the app and back, and voids nothing`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let phone = try await service.phone(try await service.tokens(of: person).access)
            let app = try await service.app(try await service.signInByPhone(person).access)
            let login = try await service.login(person).json()
            let id = try #require(login["id"].string)
            #expect(login["factors"].array.map { $0["type"] } == ["sms", "totp"])
            let sms = try await service.mail.code(of: login["code"], to: TestService.number)
            let chosen = try await service.send(
                "POST", "/v1/logins/\(id)/codes", json: ["factor_id": .string(app.id)])
            #expect(chosen.status == 200)
            #expect(
                try chosen.json() == ["factor_id": .string(app.id), "channel": "totp"])
            // Six digits are the app's now, unless the caller says that they were sent.
            #expect(try await service.verify(id, sms).problem == "code-incorrect")
            let again = try await service.send(
                "POST", "/v1/logins/\(id)/codes", json: ["factor_id": .string(phone)])
            #expect(again.problem == "resend-too-soon")
            let done = try await service.send(
                "POST", "/v1/logins/\(id)/verify",
                json: ["code": .string(sms), "factor_id": .string(phone)])
            #expect(done.status == 200, "\(done.text)")
            let over = try await service.send(
                "POST", "/v1/logins/\(id)/codes", json: ["factor_id": .string(app.id)])
            #expect(over.problem == "login-ended")
        }
    }

    @Test func `a login that began with the app can go on with a phone`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let app = try await service.app(try await service.tokens(of: person).access)
            let phone = try await service.phone(
                try await service.signIn(person, by: app).access)
            let login = try await service.login(person).json()
            let id = try #require(login["id"].string)
            #expect(login["code"].isAbsent)
            let sent = try await service.send(
                "POST", "/v1/logins/\(id)/codes", json: ["factor_id": .string(phone)])
            #expect(sent.status == 201, "\(sent.text)")
            let code = try await service.mail.code(of: sent.json(), to: TestService.number)
            #expect(try await service.verify(id, code).status == 200)
        }
    }

    @Test func `consents after an app's code keep when it was shown`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let app = try await service.app(try await service.tokens(of: person).access)
            let published = try await service.send(
                "PUT", "/v1/documents/terms",
                json: ["version": "1", "locale": "nl", "title": "Voorwaarden", "text": "Tekst"])
            #expect(published.status < 300, "\(published.text)")
            let id = try #require(try await service.login(person).json()["id"].string)
            let next = try await service.verify(id, app.code(1))
            #expect(try next.json()["next"] == "accept_documents", "\(next.text)")
            let done = try await service.send(
                "POST", "/v1/logins/\(id)/consents",
                json: ["documents": [["kind": "terms", "version": "1"]]])
            let access = try TestService.TokenPair(try done.json()["tokens"]).access
            #expect(try SignedToken(access).claims["acr"] == "2")
            let late = try await service.database.value(
                """
                select bool_and((proof.value ->> 'at')::timestamptz = session.authenticated_at)
                from session
                cross join jsonb_array_elements(session.proofs) as proof
                where proof.value ->> 'method' = 'totp'
                """)
            #expect(late == "t")
        }
    }

    @Test func `the secret is repeated for the same request, within a minute`() async throws {
        try await TestService.run { service in
            let token = try await service.tokens(of: try await service.person()).access
            func ask() async throws -> HTTPAnswer {
                try await service.account(
                    "POST", "factors", token, json: ["type": "totp"], idempotencyKey: "app")
            }
            let first = try await ask()
            #expect(try await ask().body == first.body)
            try await service.travel(61)
            #expect(try await ask().problem == "idempotency-secret-gone")
            let sealed = try await service.database.value("select secret::text from factor")
            let secret = try TestApp(try first.json()).totp.secret.expose()
            #expect(sealed?.contains(secret.map { String($0, radix: 16) }.joined()) == false)
        }
    }
}
