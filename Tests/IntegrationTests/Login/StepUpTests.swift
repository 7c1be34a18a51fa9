import Foundation
import Testing

@testable import Auth

/// A sign-in that a refused act asked for, by `acr_values` (RFC 9470, Z-3).
@Suite struct StepUpTests {
    @Test func `with a phone and an app it goes by the one that suffices, and ends the loop`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            _ = try await service.phone(try await service.tokens(of: person).access)
            let app = try await service.app(try await service.signInByPhone(person).access)
            // The phone was there first, and is not enough.
            let ordinary = try await service.signInByPhone(person).access
            let refused = try await service.account("GET", "export", ordinary)
            #expect(refused.problem == "insufficient-user-authentication")
            let wanted = try refused.json()["acr_values"]
            #expect(wanted == "2")

            let begun = try await Self.login(person, asking: wanted, service)
            #expect(begun.status == 201, "\(begun.text)")
            #expect(try begun.json()["code"].isAbsent)
            try await service.renew(app)
            let id = try #require(try begun.json()["id"].string)
            let done = try await service.verify(id, app.code())
            let access = try TestService.TokenPair(try done.json()["tokens"]).access
            #expect(try SignedToken(access).claims["acr"] == "2")
            #expect(try await service.account("GET", "export", access).status == 200)

            // Where a phone suffices, it goes there as ever.
            let sent = try await Self.login(person, asking: "2r", service).json()["code"]
            #expect(sent["channel"] == "sms")
        }
    }

    @Test func `without anything that reaches it nothing begins, and what to enrol is named`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            for (asked, types) in [
                ("2r", ["sms", "totp"]), ("2", ["totp"]), ("2 2r", ["sms", "totp"]),
            ] as [(JSON, JSON)] {
                let refused = try await Self.login(person, asking: asked, service)
                #expect(refused.status == 409, "\(refused.text)")
                #expect(refused.problem == "unmet-authentication-requirements")
                #expect(try refused.json()["factor_types"] == types)
            }
            // A practice that sends none offers no phone.
            try await service.setPolicy(["sms_per_day": 0])
            let appOnly = try await Self.login(person, asking: "2r", service)
            #expect(try appOnly.json()["factor_types"] == ["totp"])
            #expect(try appOnly.json()["detail"].string?.contains("telefoon") == false)
            #expect(try await service.database.count("login", where: "true") == 0)
            #expect(service.mail.count(to: person.email) == 0)
            // Nobody learns it without the password.
            var stranger = person
            stranger.password = "Winter-op-Terp-77!"
            let unproven = try await Self.login(stranger, asking: "2", service)
            #expect(unproven.problem == "login-refused")
            // The next best will do where it is named.
            let next = try await Self.login(person, asking: "2 1", service)
            #expect(next.status == 201, "\(next.text)")
            #expect(try next.json()["code"]["channel"] == "email")
        }
    }

    @Test func `whose phone was stopped is led to a recovery, and spends no code on paper`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            _ = try await service.phone(try await service.tokens(of: person).access)
            let token = try await service.signInByPhone(person).access
            let codes = try await service.recoveryCodes(token)
            try await service.database.execute(
                "update factor set disabled_at = clock_timestamp()")
            for asked in ["2", "2r"] as [JSON] {
                let refused = try await Self.login(person, asking: asked, service)
                #expect(
                    refused.status == 409 && refused.problem == "factor-unavailable",
                    "\(refused.text)")
            }
            // A code on paper still signs in, and is new enough for no change: that is why.
            let begun = try await service.login(person)
            let done = try await service.verify(
                try #require(try begun.json()["id"].string), codes[0])
            let access = try TestService.TokenPair(try done.json()["tokens"]).access
            #expect(try SignedToken(access).claims["acr"] == "2r")
            let act = try await service.account("POST", "recovery-codes", access)
            #expect(act.problem == "insufficient-user-authentication", "\(act.text)")
        }
    }

    @Test func `a remembered device does not stand in for it`() async throws {
        try await TestService.run { service in
            let (person, tokens) = try await service.rememberer()
            let device = try await service.deviceToken(tokens.access)
            #expect(try await service.isRemembered(person, device))
            let asked = try await Self.login(person, asking: "1", service, device: device)
            #expect(asked.status == 201, "\(asked.text)")
            #expect(try asked.json()["next"] == "code" && asked.json()["tokens"].isAbsent)
        }
    }

    @Test(arguments: ["", "4", "3", "2  1", "2R", ["2"], 2] as [JSON])
    func `what is no value of acr is refused`(asked: JSON) async throws {
        try await TestService.run { service in
            let answer = try await Self.login(try await service.person(), asking: asked, service)
            #expect(answer.status == 422 && answer.problem == "field-invalid")
            #expect(try answer.json()["errors"][0]["pointer"] == "/acr_values")
        }
    }

    private static func login(
        _ person: Person, asking levels: JSON, _ service: TestService, device: String? = nil
    ) async throws -> HTTPAnswer {
        var members: [String: JSON] = [
            "identifier": .string(person.identifier), "password": .string(person.password),
            "acr_values": levels,
        ]
        members["device_token"] = device.map(JSON.string)
        return try await service.send("POST", "/v1/logins", json: .object(members))
    }
}
