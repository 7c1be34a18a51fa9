import Foundation
import Testing

@testable import Auth

/// A practice reads and changes its own settings, inside what every practice must keep to.
@Suite struct PracticeRouteTests {
    @Test func `a practice reads its settings with all that can be set`() async throws {
        try await TestService.run { service in
            let answer = try await service.send("GET", "/v1/practice")
            #expect(answer.status == 200)
            let practice = try answer.json()
            #expect(practice["id"].string == service.practice.text)
            #expect(practice["name"] == "Huisartsenpraktijk De Linde")
            #expect(practice["country"] == "NL" && practice["locale"] == "nl")
            #expect(practice["time_zone"] == "Europe/Amsterdam")
            #expect(practice["portal_origin"] == "https://portal.example")
            #expect(practice["sms_price_note"] == .null && practice["sender_id"] == .null)
            let policy = practice["policy"]
            #expect(policy["email_codes"] == true && policy["code_lifetime_seconds"] == 600)
            #expect(policy["allowed_countries"] == ["NL"] && policy["sms_per_day"] == 500)
            #expect(policy["password_rules"] == "classic")
            #expect(policy["step_up_max_age_seconds"] == 300)
            #expect(policy["sms_cost_per_day"] == 5000 && policy["sms_cost_currency"] == "EUR")
            let bergen = try await service.send("GET", "/v1/practice", key: service.foreignKey)
            #expect(try bergen.json()["policy"]["allowed_countries"] == ["NO"])
            #expect(try bergen.json()["policy"]["sms_cost_currency"] == "NOK")
            #expect(try bergen.json()["id"].string != service.practice.text)
        }
    }

    @Test func `what was read can be sent back, and a change is kept and counted once`()
        async throws
    {
        try await TestService.run { service in
            let first = try await service.send("GET", "/v1/practice")
            let tag = try #require(first.header("ETag"))
            let same = try await service.send("PUT", "/v1/practice", json: try first.json())
            #expect(same.status == 200 && same.body == first.body)
            #expect(same.header("ETag") == tag)

            let all: JSON = [
                "name": "Praktijk Zuid", "country": "NO", "time_zone": "Europe/Oslo",
                "locale": "nb", "portal_origin": "https://zuid.example:8443",
                "support_contact": "de balie", "admin_contacts": ["a@example.nl", "b@example.nl"],
                "sms_price_note": "Koster 1 kr.", "sender_id": "2077",
                "policy": [
                    "email_codes": false, "code_lifetime_seconds": 30, "resend_wait_seconds": 600,
                    "sends_per_hour": 7, "sends_per_day": 8, "allowed_countries": ["NO", "SE"],
                    "sms_per_day": 0, "sms_cost_per_day": 1, "sms_cost_currency": "NOK",
                    "password_rules": "modern",
                    "national_numbers": true, "national_number_login": true,
                    "synthetic_numbers": true, "required_for_enrolment": ["mobile"],
                    "identity_by_details": false, "invitation_reminder": true,
                    "second_factor": "phone-or-app", "super_pin": "required",
                    "remembered_device": true, "step_up_max_age_seconds": 60,
                ],
            ]
            let changed = try await service.send("PUT", "/v1/practice", json: all)
            #expect(changed.status == 200, "\(changed.text)")
            #expect(changed.header("ETag") != tag)
            for answer in [changed, try await service.send("GET", "/v1/practice")] {
                let members = try answer.json().members.filter { all.members[$0.key] != nil }
                #expect(JSON.object(members) == all)
                #expect(answer.header("ETag") == changed.header("ETag"))
            }
            let rows = try await service.database.rows(
                "select reason, client_id is not null from audit where event = 'practice-changed'")
            #expect(rows.count == 1)
            #expect(rows.first?[0]?.hasPrefix("name country time_zone locale") == true)
            #expect(rows.first?[0]?.contains("Zuid") == false && rows.first?[1] == "t")
        }
    }

    @Test func `what is not named stays, and null empties what may be empty`() async throws {
        try await TestService.run { service in
            let put: @Sendable (JSON) async throws -> JSON = { change in
                let answer = try await service.send("PUT", "/v1/practice", json: change)
                try #require(answer.status == 200, "\(answer.text)")
                return try answer.json()
            }
            _ = try await put(["sender_id": "DeLinde", "policy": ["sms_per_day": 12]])
            let second = try await put(["policy": ["sends_per_hour": 3]])
            #expect(second["sender_id"] == "DeLinde" && second["policy"]["sms_per_day"] == 12)
            #expect(second["name"] == "Huisartsenpraktijk De Linde")
            let third = try await put(["sender_id": nil])
            #expect(third["sender_id"] == .null)
        }
    }

    @Test func `every fault is named in one answer, and nothing is changed`() async throws {
        try await TestService.run { service in
            let before = try await service.send("GET", "/v1/practice")
            let wrong: JSON = [
                "id": "0195566e-91a4-7b60-a1d2-5c6e7f809a1b", "name": " ", "country": "DE",
                "time_zone": "Europe/Nowhere", "locale": "fr", "audience": "another",
                "portal_origin": "http://portal.example/login", "support_contact": "a\nb",
                "admin_contacts": ["nobody", "a@example.nl", "a@example.nl"],
                "sms_price_note": 1, "sender_id": "x", "colour": "red",
                "policy": [
                    "email_codes": "yes", "code_lifetime_seconds": 601, "resend_wait_seconds": 0,
                    "sends_per_hour": 1001, "sends_per_day": 0, "allowed_countries": ["NL", "XX"],
                    "sms_per_day": -1, "sms_cost_per_day": .number(1.5), "sms_cost_currency": "USD",
                    "password_rules": "none", "step_up_max_age_seconds": 301, "floor": 0,
                ],
            ]
            let answer = try await service.send("PUT", "/v1/practice", json: wrong)
            #expect(answer.status == 422 && answer.problem == "field-invalid")
            let named = try answer.json()["errors"].array.compactMap { $0["pointer"].string }
            let expected =
                wrong.members.keys.filter { $0 != "policy" && $0 != "admin_contacts" }
                .map { "/\($0)" }
                + wrong["policy"].members.keys.filter { $0 != "allowed_countries" }
                .map { "/policy/\($0)" }
                + ["/admin_contacts/0", "/admin_contacts/2", "/policy/allowed_countries/1"]
            #expect(named.sorted() == expected.sorted())
            let after = try await service.send("GET", "/v1/practice")
            #expect(after.body == before.body && after.header("ETag") == before.header("ETag"))
        }
    }

    @Test func `who has not seen the last change overwrites nothing`() async throws {
        try await TestService.run { service in
            let tag = try #require(
                try await service.send("GET", "/v1/practice").header("ETag"))
            let put: @Sendable (String, String) async throws -> HTTPAnswer = { name, tag in
                try await service.send(
                    "PUT", "/v1/practice", json: ["name": .string(name)],
                    headers: [("If-Match", tag)])
            }
            let first = try await put("Een", tag)
            #expect(first.status == 200)
            let late = try await put("Twee", tag)
            #expect(late.status == 412 && late.problem == "precondition-failed")
            #expect(try await service.send("GET", "/v1/practice").json()["name"] == "Een")
            // A weak tag is never the same version (RFC 9110 8.8.3.2).
            let current = try #require(first.header("ETag"))
            #expect(try await put("Drie", "W/" + current).status == 412)
            #expect(try await put("Vier", "\"other\", \(current)").status == 200)
            #expect(try await put("Vijf", "*").status == 200)
        }
    }

    @Test func `of many changes with one tag exactly one is made, and without a tag all are`()
        async throws
    {
        var settings = TestService.Settings()
        settings.instances = 2
        try await TestService.run(settings) { service in
            let tag = try #require(
                try await service.send("GET", "/v1/practice").header("ETag"))
            let guarded = try await parallel(8) { number in
                try await service.send(
                    "PUT", "/v1/practice",
                    json: ["policy": ["sms_per_day": .number(Double(number))]],
                    instance: number, headers: [("If-Match", tag)])
            }
            #expect(guarded.count { $0.status == 200 } == 1)
            #expect(guarded.count { $0.problem == "precondition-failed" } == 7)
            let members = ["sends_per_hour", "sends_per_day"]
            let plain = try await parallel(2) { number in
                try await service.send(
                    "PUT", "/v1/practice", json: ["policy": .object([members[number]: 77])],
                    instance: number)
            }
            #expect(plain.allSatisfy { $0.status == 200 })
            let policy = try await service.send("GET", "/v1/practice").json()["policy"]
            #expect(policy["sends_per_hour"] == 77 && policy["sends_per_day"] == 77)
        }
    }

    @Test func `a change is in force at once where it was made, and within a second elsewhere`()
        async throws
    {
        var settings = TestService.Settings()
        settings.instances = 2
        try await TestService.run(settings) { service in
            let person = try await service.person()
            for instance in 0...1 {
                #expect(try await service.login(person, instance: instance).status == 201)
            }
            let answer = try await service.send(
                "PUT", "/v1/practice", json: ["policy": ["email_codes": false]])
            #expect(answer.status == 200)
            #expect(try await service.login(person).problem == "factor-unavailable")
            try await eventually(within: .seconds(3)) {
                try await service.login(person, instance: 1).problem == "factor-unavailable"
            }
        }
    }
}
