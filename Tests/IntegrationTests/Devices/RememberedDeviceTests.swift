import Foundation
import Testing

@testable import Auth

/// A device that a patient had remembered is asked for the password alone, and is good for no more than
/// that (user-demand 36).
@Suite struct RememberedDeviceTests {
    @Test func `the password alone signs in, at the lowest level, and nothing is sent`()
        async throws
    {
        try await TestService.run { service in
            let (person, tokens) = try await service.rememberer()
            let made = try await service.rememberDevice(tokens.access, called: "Laptop")
            #expect(made.status == 201, "\(made.text)")
            let token = try #require(try made.json()["device_token"].string)
            _ = try await service.told("Een apparaat is onthouden.", person)
            let mails = service.mail.messages.count

            let answer = try await service.login(person, deviceToken: token)
            #expect(answer.status == 201)
            let login = try answer.json()
            #expect(login["status"] == "done" && login["next"] == .null && login["steps"] == [])
            #expect(login["code"].isAbsent)
            let signedIn = try TestService.TokenPair(login["tokens"])
            let claims = try SignedToken(signedIn.access).claims
            #expect(claims["acr"] == "1" && claims["amr"] == ["pwd"])
            #expect(try await service.isActive(signedIn.access))
            #expect(try await service.refresh(signedIn.refresh).status == 200)
            #expect(service.mail.messages.count == mails)
            #expect(try await service.account(signedIn.access)["steps"] == [])
            let sessions = try await service.own("GET", "/sessions", token: signedIn.access)
            #expect(try sessions.json()["data"][0]["device"] == "Laptop")

            let id = try #require(login["id"].string)
            let read = try await service.send("GET", "/v1/logins/\(id)")
            #expect(try read.json()["status"] == "done")
            // Kept as a hash alone.
            #expect(
                try await service.database.count(
                    "remembered_device",
                    where: "position('\(token)'::bytea in token_hash) > 0") == 0)
        }
    }

    @Test func `it carries no sensitive call, and remembers no other device`() async throws {
        try await TestService.run { service in
            let (person, tokens) = try await service.rememberer()
            let token = try await service.deviceToken(tokens.access)
            let login = try await service.login(person, deviceToken: token).json()
            let weak = try TestService.TokenPair(login["tokens"]).access
            let password = JSON.string(person.password)
            let calls: [(String, String, JSON?)] = [
                ("POST", "/devices", nil),
                ("PUT", "/password", ["current_password": password, "new_password": "Geheim-1!x"]),
                ("PUT", "/email", ["email": "x@example.nl", "password": password]),
                ("PUT", "/mobile", ["number": "0612345678", "password": password]),
                ("POST", "/factors", ["type": "totp"]),
                ("POST", "/recovery-codes", nil),
                ("POST", "/super-pin", nil),
                ("GET", "/export", nil),
                ("DELETE", "", ["password": password]),
            ]
            for (method, path, body) in calls {
                let refused = try await service.own(method, path, body, token: weak)
                #expect(refused.status == 401, "\(method) \(path): \(refused.text)")
                #expect(refused.problem == "insufficient-user-authentication", "\(path)")
            }
        }
    }

    @Test func `it is worth nothing to anybody else, or without the password`() async throws {
        try await TestService.run { service in
            let (person, tokens) = try await service.rememberer()
            let token = try await service.deviceToken(tokens.access)
            let other = try await service.person()
            #expect(try await !service.isRemembered(other, token))
            #expect(try await !service.isRemembered(person, token, key: service.secondKey))
            #expect(try await !service.isRemembered(person, "prd_made-up"))
            let wrong = try await service.login(person, password: "wrong", deviceToken: token)
            #expect(wrong.problem == "login-refused")
            #expect(try await service.isRemembered(person, token))
            try await service.travel(30 * 86_400 + 1)
            #expect(try await !service.isRemembered(person, token))
        }
    }

    @Test func `a login with one that is not good any more goes on with a code`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let answer = try await service.login(person, deviceToken: "prd_long-forgotten")
            let login = try answer.json()
            #expect(answer.status == 201 && login["next"] == "code")
            let code = try await service.mail.code(of: login["code"], to: person.email)
            let done = try await service.verify(try #require(login["id"].string), code)
            #expect(done.status == 200, "\(done.text)")
        }
    }

    @Test func `a practice that does not want it has none, at once`() async throws {
        try await TestService.run { service in
            let (person, tokens) = try await service.rememberer()
            let token = try await service.deviceToken(tokens.access)
            try await service.setPolicy(["remembered_device": false])
            #expect(try await !service.isRemembered(person, token))
            let refused = try await service.rememberDevice(tokens.access)
            #expect(refused.status == 403 && refused.problem == "remembered-device-off")
            try await service.setPolicy(["remembered_device": true])
            #expect(try await service.isRemembered(person, token))
        }
    }

    @Test func `documents are still asked for, and steps that need more ask for the code`()
        async throws
    {
        try await TestService.run { service in
            let (person, tokens) = try await service.rememberer()
            let token = try await service.deviceToken(tokens.access)
            try await service.publishBoth("2026-1")
            let login = try await service.login(person, deviceToken: token).json()
            #expect(login["status"] == "open" && login["next"] == "accept_documents")
            #expect(login["tokens"].isAbsent)
            let accepted = try await service.accept(
                try #require(login["id"].string), ["terms", "privacy"])
            #expect(accepted.status == 200, "\(accepted.text)")
            let access = try TestService.TokenPair(try accepted.json()["tokens"]).access
            #expect(try SignedToken(access).claims["acr"] == "1")

            try await service.setPolicy(["second_factor": "phone-or-app"])
            let asked = try await service.login(person, deviceToken: token).json()
            #expect(asked["next"] == "code")
        }
    }

    @Test func `the list names them, and one or all are forgotten`() async throws {
        try await TestService.run { service in
            let (person, tokens) = try await service.rememberer()
            let first = try await service.deviceToken(tokens.access, called: "Tablet")
            let second = try await service.deviceToken(tokens.access)
            _ = try await service.isRemembered(person, first)
            func devices() async throws -> [JSON] {
                let answer = try await service.own("GET", "/devices", token: tokens.access)
                return try answer.json()["data"].array
            }
            let list = try await devices()
            #expect(list.count == 2 && list.allSatisfy { $0["client"] == "portal" })
            #expect(list[1]["device"] == "Tablet" && list[0]["device"].isAbsent)
            #expect(!list[1]["last_used_at"].isAbsent && list[0]["last_used_at"].isAbsent)
            let id = try #require(list[1]["id"].string)
            let other = try await service.tokens(of: try await service.person())
            let foreign = try await service.own(
                "DELETE", "/devices/\(id)", token: other.access)
            #expect(foreign.status == 404 && foreign.problem == "not-found")
            let gone = try await service.own("DELETE", "/devices/\(id)", token: tokens.access)
            #expect(gone.status == 204)
            #expect(
                try await service.own("DELETE", "/devices/\(id)", token: tokens.access).status
                    == 404)
            #expect(try await !service.isRemembered(person, first))
            #expect(try await service.isRemembered(person, second))
            #expect(
                try await service.own("DELETE", "/devices", token: tokens.access).status == 204)
            #expect(try await devices().isEmpty)
            #expect(try await !service.isRemembered(person, second))
        }
    }

    @Test func `of eleven the one unused for longest is forgotten`() async throws {
        try await TestService.run { service in
            let (person, tokens) = try await service.rememberer()
            var made: [String] = []
            for _ in 1...DeviceToken.mostPerAccount {
                made.append(try await service.deviceToken(tokens.access))
            }
            #expect(try await service.isRemembered(person, made[0]))
            made.append(try await service.deviceToken(tokens.access))
            #expect(try await !service.isRemembered(person, made[1]))
            #expect(try await service.isRemembered(person, made[0]))
            #expect(try await service.isRemembered(person, made[10]))
        }
    }
}

/// What forgets a remembered device, and what asks for it more than once.
@Suite struct RememberedDeviceChangeTests {
    @Test(arguments: ["password", "phone", "recovery codes", "freeze"])
    func `a change of the account forgets it in the same commit`(change: String) async throws {
        try await TestService.run { service in
            var (person, tokens) = try await service.rememberer()
            let token = try await service.deviceToken(tokens.access)
            switch change {
            case "password":
                let password = "Herfst-in-de-Duinen-17!"
                let changed = try await service.changePassword(
                    person, to: password, token: tokens.access)
                #expect(changed.status == 204, "\(changed.text)")
                person.password = password
            case "phone": _ = try await service.phone(tokens.access)
            case "recovery codes": _ = try await service.recoveryCodes(tokens.access)
            default:
                let told = try await service.told("Een apparaat is onthouden.", person)
                #expect(try await service.freeze(told.freezeCode).status == 204)
                try await service.database.execute(
                    "update account set disabled_at = null, frozen_at = null")
            }
            #expect(try await !service.isRemembered(person, token))
        }
    }

    @Test func `asked again under its key, both calls answer alike for a minute`() async throws {
        try await TestService.run { service in
            let (person, tokens) = try await service.rememberer()
            func remember() async throws -> HTTPAnswer {
                try await service.rememberDevice(tokens.access, idempotencyKey: "remember")
            }
            let made = try await remember()
            #expect(try await remember().text == made.text)
            let token = try #require(try made.json()["device_token"].string)
            func signIn() async throws -> HTTPAnswer {
                try await service.login(person, idempotencyKey: "sign-in", deviceToken: token)
            }
            let (first, again) = (try await signIn(), try await signIn())
            #expect(first.status == 201 && again.status == 201)
            #expect(
                try first.json()["tokens"]["refresh_token"]
                    == again.json()["tokens"]["refresh_token"])
            let other = try await service.rememberDevice(
                tokens.access, called: "Another", idempotencyKey: "remember")
            #expect(other.status == 422 && other.problem == "idempotency-key-reused")
            try await service.travel(61)
            for late in [try await signIn(), try await remember()] {
                #expect(late.status == 409 && late.problem == "idempotency-secret-gone")
            }
            #expect(try await service.database.count("remembered_device", where: "true") == 1)
        }
    }

    @Test func `no sign-in by it outlives a change of the password`() async throws {
        var settings = TestService.Settings()
        settings.instances = 2
        try await TestService.run(settings) { service in
            let (person, tokens) = try await service.rememberer()
            let token = try await service.deviceToken(tokens.access)
            let answers = try await parallel(9) { number in
                if number == 4 {
                    return try await service.changePassword(
                        person, to: "Herfst-in-de-Duinen-17!", token: tokens.access, instance: 1)
                }
                return try await service.login(
                    person, instance: number % 2, deviceToken: token)
            }
            #expect(answers.count { $0.status == 204 } == 1)
            let live = try await service.database.rows(
                "select session_id from session where ended_at is null")
            let sid = try SignedToken(tokens.access).claims["sid"].string
            #expect(live == [[sid]])
        }
    }
}
