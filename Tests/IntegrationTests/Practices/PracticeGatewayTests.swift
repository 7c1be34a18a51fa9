import Foundation
import Testing

@testable import Auth

/// A practice's gateways in its settings (api.md, Practices; Z-25).
@Suite struct PracticeGatewayTests {
    private static let twilio: JSON = [
        "name": "primary", "type": "twilio", "secret": "the-auth-token",
        "report_within_seconds": 60,
        "settings": [
            "url": "https://sms.example.nl", "account": "AC1", "sender": "DeLinde",
        ],
    ]

    private static func twilio(_ sender: String) -> JSON {
        [
            "name": "primary", "type": "twilio",
            "settings": [
                "url": "https://sms.example.nl", "account": "AC1", "sender": .string(sender),
            ],
        ]
    }

    private static var settings: TestService.Settings {
        var settings = TestService.Settings()
        settings.configure = { $0.outbound = .init(hosts: ["sms.example.nl"]) }
        return settings
    }

    private func put(_ body: JSON, to service: TestService) async throws -> HTTPAnswer {
        try await service.send("PUT", "/v1/practice", json: body)
    }

    @Test func `gateways are chosen, shown without their secrets, and sent back as they were`()
        async throws
    {
        try await TestService.run(Self.settings) { service in
            let begun = try await service.send("GET", "/v1/practice").json()
            #expect(begun["channels"]["sms"].array.isEmpty)
            let changed = try await put(["channels": ["sms": [Self.twilio]]], to: service)
            #expect(changed.status == 200, "\(changed.text)")
            #expect(!changed.text.contains("the-auth-token"))
            let gateway = try changed.json()["channels"]["sms"][0]
            #expect(gateway["has_secret"] == true)
            #expect(gateway["report_path"].string?.hasPrefix("/v1/delivery-reports/") == true)
            #expect(changed.header("ETag") != nil)

            let again = try await put(try changed.json(), to: service)
            #expect(again.status == 200, "\(again.text)")
            #expect(try again.json()["channels"]["sms"][0] == gateway)

            let emptied = try await put(["channels": ["sms": .array([])]], to: service)
            #expect(try emptied.json()["channels"]["sms"].array.isEmpty)
        }
    }

    @Test func `a host that the operator does not allow is refused, and nothing is changed`()
        async throws
    {
        try await TestService.run(Self.settings) { service in
            let elsewhere: JSON = [
                "name": "primary", "type": "webhook",
                "settings": ["url": "https://elsewhere.example.nl"],
            ]
            let answer = try await put(
                ["name": "Another", "channels": ["sms": [elsewhere]]], to: service)
            #expect(answer.problem == "field-invalid")
            #expect(
                try answer.json()["errors"][0]["pointer"] == "/channels/sms/0/settings/url")
            let now = try await service.send("GET", "/v1/practice").json()
            #expect(now["name"] == "Huisartsenpraktijk De Linde")
            #expect(now["channels"]["sms"].array.isEmpty)
        }
    }

    @Test func `a sender id is held to the rules of its country`() async throws {
        try await TestService.run { service in
            let dutch = try await put(["sender_id": "DeLinde"], to: service)
            #expect(try dutch.json()["sender_id"] == "DeLinde")
            for sender in ["2077", "ab", "MuchTooLongAName", "info"] {
                let answer = try await put(["sender_id": .string(sender)], to: service)
                #expect(answer.problem == "field-invalid", "\(sender)")
            }
            let norwegian = try await service.send(
                "PUT", "/v1/practice", json: ["sender_id": "2077"], key: service.foreignKey)
            #expect(try norwegian.json()["sender_id_notes"].array == ["lease-short-code"])
        }
    }

    @Test func `a gateway's own sender is held to the rules of each country that is allowed`()
        async throws
    {
        try await TestService.run(Self.settings) { service in
            for sender in ["2077", "+31612345678", "MuchTooLongAName", "info"] {
                let answer = try await put(
                    ["channels": ["sms": [Self.twilio(sender)]]], to: service)
                #expect(answer.problem == "field-invalid", "\(sender)")
                #expect(
                    try answer.json()["errors"].array.map { $0["pointer"] }
                        == ["/channels/sms/0/settings/sender"])
            }
            let picked = try await put(
                ["channels": ["sms": [Self.twilio("MG0123456789abcdef0123456789abcdef")]]],
                to: service)
            #expect(picked.status == 200, "\(picked.text)")
            let named = try await put(
                [
                    "policy": ["allowed_countries": ["NL", "NO", "BE"]],
                    "channels": ["sms": [Self.twilio("DeLinde")]],
                ], to: service)
            #expect(named.status == 200, "\(named.text)")
            #expect(try named.json()["sender_id_notes"].array == ["register-name"])
        }
    }

    @Test func `a practice's own sender has to do in every country that it sends to`()
        async throws
    {
        try await TestService.run(Self.settings) { service in
            func put(_ body: JSON) async throws -> HTTPAnswer {
                try await service.send("PUT", "/v1/practice", json: body, key: service.foreignKey)
            }
            #expect(try await put(["sender_id": "2077"]).status == 200)
            let abroad = try await put(["policy": ["allowed_countries": ["NO", "NL"]]])
            #expect(abroad.status == 422 && abroad.problem == "field-invalid", "\(abroad.text)")
            #expect(try abroad.json()["errors"][0]["pointer"] == "/sender_id")
            let named = try await put(
                ["sender_id": "Legekontor1", "policy": ["allowed_countries": ["NO", "NL"]]])
            #expect(named.status == 200, "\(named.text)")
        }
    }

    @Test func `a country is not allowed where the ladder that stays can't send to it`()
        async throws
    {
        try await TestService.run(Self.settings) { service in
            func put(_ body: JSON) async throws -> HTTPAnswer {
                try await service.send("PUT", "/v1/practice", json: body, key: service.foreignKey)
            }
            let norwegian = try await put(["channels": ["sms": [Self.twilio("2077")]]])
            #expect(norwegian.status == 200, "\(norwegian.text)")
            #expect(try norwegian.json()["sender_id_notes"].array == ["lease-short-code"])
            let answer = try await put(["policy": ["allowed_countries": ["NO", "NL"]]])
            #expect(answer.problem == "field-invalid")
            #expect(
                try answer.json()["errors"].array.map { $0["pointer"] }
                    == ["/channels/sms/0/settings/sender"])
            let both = try await put([
                "policy": ["allowed_countries": ["NO", "NL"]],
                "channels": ["sms": [Self.twilio("Bryggen")]],
            ])
            #expect(both.status == 200, "\(both.text)")
        }
    }
}
