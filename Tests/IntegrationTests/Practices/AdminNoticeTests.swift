import Foundation
import Testing

@testable import Auth

/// Those who answer for a practice are told of every change of its settings and its keys (Z-9).
@Suite struct AdminNoticeTests {
    @Test func `a change of settings is told to old and new contacts, once each, by name`()
        async throws
    {
        try await TestService.run { service in
            try await service.admins(["a@example.nl", "b@example.nl"])
            let answer = try await service.send(
                "PUT", "/v1/practice",
                json: [
                    "admin_contacts": ["B@example.nl", "thief@example.nl"],
                    "portal_origin": "https://zuid.example", "locale": "nb",
                    "policy": ["sms_per_day": 7],
                ])
            #expect(answer.status == 200, "\(answer.text)")
            for address in ["a@example.nl", "b@example.nl", "thief@example.nl"] {
                let mail = try await service.mail.message(1, to: address)
                #expect(mail.locale == "nl" && mail.message.code == nil && mail.staysTrue)
                #expect(mail.subject?.hasPrefix("Instellingen gewijzigd (") == true)
                #expect(
                    mail.text.contains(
                        "Gewijzigd: locale, portal_origin, admin_contacts, sms_per_day\nDoor: portal\n"
                    ), "\(mail.text)")
                #expect(!mail.text.contains("zuid.example"))
            }
            try await service.settle()
            #expect(service.mail.messages.count == 3)

            // What changes nothing is no news.
            let same = try await service.send("PUT", "/v1/practice", json: try answer.json())
            #expect(same.status == 200)
            let expiry = try await service.database.value(
                """
                select bool_and(expires_at between created_at + interval '23:59'
                                               and created_at + interval '24:01')
                from message
                """)
            #expect(expiry == "t")
            #expect(try await service.database.count("message", where: "true") == 3)
        }
    }

    @Test func `a new key and its end are told with its id, its client and its maker`()
        async throws
    {
        try await TestService.run { service in
            try await service.admins(["a@example.nl"])
            let made = try await service.create(
                ["client": "laboratory", "scopes": ["codes:issue", "codes:verify"]],
                key: service.secondKey, idempotencyKey: "one-key")
            let again = try await service.create(
                ["client": "laboratory", "scopes": ["codes:issue", "codes:verify"]],
                key: service.secondKey, idempotencyKey: "one-key")
            #expect(made.status == 201 && again.body == made.body)
            let (id, key) = (
                try #require(try made.json()["id"].string),
                try #require(try made.json()["key"].string)
            )
            let mail = try await service.mail.message(1, to: "a@example.nl")
            #expect(
                mail.text.contains(
                    """
                    Sleutel van: laboratory
                    Nummer van de sleutel: \(id)
                    Mag: codes:issue, codes:verify
                    Door: messenger
                    """), "\(mail.text)")
            #expect(!mail.text.contains(key) && mail.html?.contains(key) == false)

            for _ in 1...2 {
                #expect(try await service.send("DELETE", "/v1/api-keys/\(id)").status == 204)
            }
            let gone = try await service.mail.message(2, to: "a@example.nl")
            #expect(
                gone.text.contains("laboratory\nNummer van de sleutel: \(id)\nDoor: portal\n"),
                "\(gone.text)")
            try await service.settle()
            #expect(service.mail.messages.count == 2)
        }
    }

    @Test func `gateways and texts are told too, and keys from the command line`() async throws {
        var settings = TestService.Settings()
        settings.configure = { $0.outbound = .init(hosts: ["sms.example.nl"]) }
        try await TestService.run(settings) { service in
            try await service.admins(["a@example.nl"])
            var number = 0
            func expectTold(_ words: String) async throws {
                number += 1
                let mail = try await service.mail.message(number, to: "a@example.nl")
                #expect(mail.text.contains(words), "\(mail.text)")
            }
            let gateway: JSON = [
                "name": "own", "type": "webhook",
                "secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
                "settings": ["url": "https://sms.example.nl/send"],
            ]
            // The practice's own gateway for mail is not asked to carry the news of itself.
            let changed = try await service.send(
                "PUT", "/v1/practice", json: ["channels": ["email": [gateway]]])
            #expect(changed.status == 200, "\(changed.text)")
            try await expectTold("Gewijzigd: channels\nDoor: portal")

            let path = "/v1/practice/texts/session-code/nb"
            let words: JSON = ["subject": "{{practice}} {{sent_at}} {{reference}}"]
            for _ in 1...2 {
                #expect(try await service.send("PUT", path, json: words).status == 200)
            }
            try await expectTold("Gewijzigd: text session-code/nb\nDoor: portal")
            for _ in 1...2 { #expect(try await service.send("DELETE", path).status == 204) }
            try await expectTold("Gewijzigd: text session-code/nb\nDoor: portal")

            let client = try await service.service.administration.createClient(
                practice: service.practice, name: "robot")
            _ = try await service.service.administration.createKey(
                practice: service.practice, client: client, scopes: ["logins"])
            try await expectTold("Door: de beheerder van de inlogdienst (opdrachtregel)")
            try await service.settle()
            #expect(service.mail.messages.count == number)
        }
    }

    @Test func `more changes than anybody would read of are refused, but keys can be revoked`()
        async throws
    {
        try await TestService.run { service in
            let made = try await service.create(["client": "one", "scopes": ["logins"]])
            let id = try #require(try made.json()["id"].string)
            try await service.admins(["a@example.nl"])
            let name: JSON = ["name": "Praktijk Zuid"]
            #expect(try await service.send("PUT", "/v1/practice", json: name).status == 200)
            try await service.database.execute(
                """
                update send_count set amount = \(AdminNotice.changesPerHour)
                where counter = 'notices'
                """)
            let text = "/v1/practice/texts/session-code/nb"
            let words: JSON = ["subject": "{{practice}} {{sent_at}} {{reference}}"]
            let refused = [
                try await service.send("PUT", "/v1/practice", json: ["name": "Noord"]),
                try await service.create(["client": "two", "scopes": ["logins"]]),
                try await service.send("PUT", text, json: words),
            ]
            for answer in refused {
                #expect(answer.status == 429 && answer.problem == "too-many-changes")
                #expect((1...3600).contains(Int(answer.header("Retry-After") ?? "") ?? 0))
            }
            #expect(try await service.database.count("client", where: "name = 'two'") == 0)
            #expect(try await service.database.count("text_override", where: "true") == 0)
            #expect(try await service.send("PUT", "/v1/practice", json: name).status == 200)
            #expect(try await service.send("DELETE", "/v1/api-keys/\(id)").status == 204)
            await #expect(throws: Administration.Refusal.self) {
                let client = try await service.service.administration.createClient(
                    practice: service.practice, name: "robot")
                _ = try await service.service.administration.createKey(
                    practice: service.practice, client: client, scopes: ["logins"])
            }
            try await service.settle()
            #expect(service.mail.messages.count == 2)
            try await service.travel(3600)
            #expect(
                try await service.send("PUT", "/v1/practice", json: ["name": "Noord"]).status
                    == 200)
        }
    }

    @Test func `nobody is told where nobody answers for the practice`() async throws {
        try await TestService.run { service in
            let changed = try await service.send("PUT", "/v1/practice", json: ["name": "Zuid"])
            #expect(changed.status == 200)
            #expect(
                try await service.create(["client": "one", "scopes": ["logins"]]).status == 201)
            #expect(try await service.database.count("message", where: "true") == 0)
            #expect(
                try await service.database.count("send_count", where: "counter = 'notices'") == 0)
        }
    }

    @Test func `who was just made a contact hears of a key made at the same time`() async throws {
        var settings = TestService.Settings()
        settings.instances = 2
        try await TestService.run(settings) { service in
            try await service.admins(["a@example.nl"])
            // The second instance has read the practice a moment ago.
            _ = try await service.send("GET", "/v1/api-keys", instance: 1)
            try await service.admins(["b@example.nl"])
            let made = try await service.create(
                ["client": "one", "scopes": ["logins"]], instance: 1)
            #expect(made.status == 201)
            let mail = try await service.mail.message(1, to: "b@example.nl")
            #expect(mail.text.contains("Sleutel van: one"))
            #expect(service.mail.count(to: "a@example.nl") == 0)
        }
    }
}

extension TestService {
    /// Lets these answer for the practice, without telling anybody.
    fileprivate func admins(_ addresses: [String]) async throws {
        let list = addresses.map { "'\($0)'" }.joined(separator: ", ")
        try await database.execute(
            """
            update practice set admin_contacts = array[\(list)], revision = revision + 1
            where practice_id = '\(practice)'
            """)
    }
}
