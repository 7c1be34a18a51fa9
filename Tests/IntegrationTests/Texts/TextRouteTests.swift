import Foundation
import Testing

@testable import Auth

/// A practice's own words, over HTTP and in the messages that go out (Z-26).
@Suite struct TextRouteTests {
    private static let mail = """
        {{code}} is de code van {{practice}}, om {{sent_at}} tot {{valid_until}} ({{minutes}} min.), \
        {{reference}}. Vragen? {{support_contact}}
        """
    private static let sms = """
        {{code}} van {{practice}}, {{sent_at}}, {{reference}}, {{minutes}} min.
        """

    private func path(_ template: String = "session-code", _ locale: String = "nl") -> String {
        "/v1/practice/texts/\(template)/\(locale)"
    }

    @Test func `a practice's words go out in its messages, and in nobody else's`() async throws {
        try await TestService.run { service in
            let answer = try await service.send("PUT", path(), json: ["text": .string(Self.mail)])
            #expect(answer.status == 200)
            #expect(try answer.json()["overridden"].array.map(\.string) == ["text"])

            let person = try await service.person()
            _ = try await service.begin(person)
            let sent = try await service.mail.message(to: person.email)
            #expect(sent.text.hasPrefix("\(sent.code) is de code van Huisartsenpraktijk De Linde"))

            let other = try await service.person(in: service.foreignKey)
            _ = try await service.login(other, key: service.foreignKey)
            let foreign = try await service.mail.message(to: other.email)
            #expect(!foreign.text.contains("de code van"))
        }
    }

    @Test func `a text is read, changed, and taken away`() async throws {
        try await TestService.run { service in
            let own = try await service.send("GET", path()).json()
            #expect(own["overridden"].array.isEmpty)
            #expect(own["sms"].string?.contains("is uw sessiecode voor") ?? false)
            #expect(own["changed_at"].isAbsent)

            let changed = try await service.send(
                "PUT", path(), json: ["sms": .string(Self.sms), "text": .string(Self.mail)])
            #expect(changed.status == 200)
            // What is left out of the next change is the service's again.
            _ = try await service.send("PUT", path(), json: ["sms": .string(Self.sms)])
            let read = try await service.send("GET", path()).json()
            #expect(read["overridden"].array.map(\.string) == ["sms"])
            #expect(read["sms"].string == Self.sms)
            #expect(read["text"].string == own["text"].string)
            #expect(!read["changed_at"].isAbsent)
            #expect(
                try await service.send("GET", path(), key: service.foreignKey).json()["overridden"]
                    .array.isEmpty)

            for _ in 1...2 {
                #expect(try await service.send("DELETE", path()).status == 204)
            }
            #expect(try await service.send("GET", path()).json()["sms"].string == own["sms"].string)
            let audited = try await service.database.rows(
                """
                select event || ' ' || reason
                from audit
                where event like 'text-%'
                order by happened_at
                """)
            #expect(
                audited.map(\.first) == [
                    "text-changed session-code/nl", "text-changed session-code/nl",
                    "text-removed session-code/nl",
                ])
        }
    }

    @Test func `a preview shows the words with a code that is made up`() async throws {
        try await TestService.run { service in
            let preview = path() + "/preview"
            let answer = try await service.send("POST", preview, json: ["sms": .string(Self.sms)])
            #expect(answer.status == 200)
            let shown = try answer.json()
            #expect(
                shown["sms"].string == """
                    048213 van Huisartsenpraktijk De Linde, 11:50, KD, 10 min.
                    @portal.example #048213
                    """)
            #expect(shown["sms_segments"].int == 1)
            #expect(shown["subject"].string?.contains("11:50") ?? false)

            // Nothing was stored; without a body it is what is in force.
            let inForce = try await service.send("POST", preview).json()
            #expect(inForce["sms"].string?.contains("is uw sessiecode voor") ?? false)
        }
    }

    @Test func `words that break a rule are refused with every fault, and nothing is stored`()
        async throws
    {
        try await TestService.run { service in
            let broken: JSON = ["sms": "{{code}} evil.example ☃", "subject": "{{code}}"]
            for (method, path) in [("PUT", path()), ("POST", path() + "/preview")] {
                let answer = try await service.send(method, path, json: broken)
                #expect(answer.problem == "text-unusable")
                #expect(answer.status == 422)
                let faults = try answer.json()["text_faults"].array.compactMap(\.string)
                #expect(
                    faults.contains("session-code.subject.txt: {{code}} is not a variable here"))
                #expect(faults.contains("session-code.sms.txt: {{practice}} is missing"))
                #expect(faults.contains { $0.contains("has a link, which no text message") })
                #expect(faults.contains { $0.contains("is not in the SMS alphabet: \"☃\"") })
            }
            for body: JSON in [[:], ["sms": ""], ["sms": 1], ["page": "x"]] {
                #expect(
                    try await service.send("PUT", path(), json: body).problem == "field-invalid")
            }
            #expect(try await service.database.count("text_override", where: "true") == 0)
        }
    }

    @Test func `a mail may link to the practice's portal and nowhere else`() async throws {
        try await TestService.run { service in
            func change(_ link: String) async throws -> Int {
                let text = JSON.string(Self.mail + "\n" + link)
                return try await service.send("PUT", path(), json: ["text": text]).status
            }
            let own = try await change("https://portal.example/codes")
            let foreign = try await change("https://portal.example.evil.example/")
            #expect(own == 200)
            #expect(foreign == 422)
        }
    }

    @Test func `a text that goes by mail alone has no part for text messages`() async throws {
        try await TestService.run { service in
            let path = path("sign-in-pass")
            let own = try await service.send("GET", path)
            #expect(try own.status == 200 && own.json()["sms"].isAbsent)
            let words = """
                {{practice}}: {{pass_link}}, {{sent_at}} tot {{valid_until}}. {{support_contact}}
                """
            let changed = try await service.send("PUT", path, json: ["text": .string(words)])
            #expect(try changed.status == 200 && changed.json()["overridden"] == ["text"])
            let shown = try await service.send("POST", path + "/preview").json()
            #expect(shown["sms"].isAbsent && shown["sms_segments"].isAbsent)
            #expect(shown["text"].string?.contains("https://portal.example/sign-in#pass=") == true)
            let refused = try await service.send("PUT", path, json: ["sms": "{{practice}}"])
            #expect(refused.problem == "text-unusable")
            #expect(
                try refused.json()["text_faults"] == [
                    "sign-in-pass.sms.txt: this goes by mail alone"
                ])
        }
    }

    @Test(arguments: [
        "none/nl", "session-code/fy", "session-code/NL", "Session-Code/nl",
        // Whoever stole a key would reword what warns of it.
        "settings-changed/nl", "key-created/nl", "key-revoked/nl",
    ])
    func `a text or language that does not exist is not found`(name: String) async throws {
        try await TestService.run { service in
            let path = "/v1/practice/texts/\(name)"
            let changed = try await service.send("PUT", path, json: ["sms": .string(Self.sms)])
            #expect(changed.problem == "not-found")
            for (method, path) in [
                ("GET", path), ("DELETE", path), ("POST", path + "/preview"),
            ] {
                let answer = try await service.send(method, path)
                #expect(answer.problem == "not-found", "\(method)")
            }
        }
    }

    @Test func `words that no longer keep to the rules are left aside, loudly`() async throws {
        try await TestService.run(.onItsOwn) { service in
            _ = try await service.send("PUT", path(), json: ["text": .string(Self.mail)])
            // As a release would find them that asks for more.
            try await service.database.execute("update text_override set body_text = 'Code'")

            let person = try await service.person()
            _ = try await service.begin(person)
            let sent = try await service.mail.message(to: person.email)
            #expect(sent.text.contains("is uw sessiecode voor"))
            #expect(try await fallbacks(service, "broken") == "1")
            #expect(service.log.text.contains("a practice's text was not used"))
        }
    }

    @Test func `a language that a practice has no words in is told of`() async throws {
        try await TestService.run(.onItsOwn) { service in
            let sms = JSON.string(Self.sms)
            _ = try await service.send("PUT", path("session-code", "nb"), json: ["sms": sms])
            _ = try await service.begin(try await service.person())
            #expect(try await fallbacks(service, "missing") == "1")
            #expect(try await fallbacks(service, "broken") == "0")
        }
    }

    @Test func `codes of one purpose have words of their own`() async throws {
        try await TestService.run(.onItsOwn) { service in
            let general = path("one-time-code")
            let pharmacy = general + "?purpose=pharmacy"
            func words(_ begin: String) -> JSON {
                ["text": .string("\(begin): " + Self.mail)]
            }
            func sent(_ purpose: String, key: String? = nil) async throws -> String {
                let to = TestService.freshAddress()
                _ = try await service.issue(to: to, purpose: purpose, key: key)
                return try await service.mail.message(to: to).text
            }
            let changed = try await service.send("PUT", pharmacy, json: words("Apotheek"))
            #expect(changed.status == 200, "\(changed.text)")
            #expect(try changed.json()["purpose"] == "pharmacy")
            #expect(try await sent("pharmacy").hasPrefix("Apotheek: "))
            #expect(try await sent("lab").contains("eenmalige code"))
            #expect(
                try await sent("pharmacy", key: service.foreignKey).contains("Apotheek") == false)

            _ = try await service.send("PUT", general, json: words("Praktijk"))
            #expect(try await sent("lab").hasPrefix("Praktijk: "))
            // A part that it leaves out is that of all purposes.
            let sms = ["sms": JSON.string(Self.sms)]
            #expect(try await service.send("PUT", pharmacy, json: .object(sms)).status == 200)
            let read = try await service.send("GET", pharmacy).json()
            #expect(read["overridden"] == ["sms"] && read["sms"].string == Self.sms)
            #expect(read["text"].string?.hasPrefix("Praktijk: ") == true)
            #expect(try await service.send("GET", general).json()["purpose"].isAbsent)
            #expect(try await sent("pharmacy").hasPrefix("Praktijk: "))
            #expect(try await fallbacks(service, "missing") == "0")

            _ = try await service.send("PUT", pharmacy, json: words("Apotheek"))
            #expect(try await service.send("DELETE", general).status == 204)
            #expect(try await sent("pharmacy").hasPrefix("Apotheek: "))
            #expect(try await service.send("DELETE", pharmacy).status == 204)
            #expect(try await sent("pharmacy").contains("eenmalige code"))
            let audited = try await service.database.rows(
                "select distinct reason from audit where event like 'text-%' order by reason")
            #expect(
                audited.map(\.first) == ["one-time-code/nl", "one-time-code/nl/pharmacy"])
        }
    }

    @Test func `words for a purpose stay with its code when it is sent again`() async throws {
        try await TestService.run { service in
            let sms = JSON.string("Apotheek " + Self.sms)
            _ = try await service.send(
                "PUT", path("one-time-code") + "?purpose=pharmacy", json: ["sms": sms])
            let to = "+31612345678"
            let code = try await service.issue(to: to, purpose: "pharmacy")
            try await service.travel(31)
            #expect(try await service.resend(code.id).status == 201)
            #expect(try await service.mail.message(2, to: to).text.hasPrefix("Apotheek "))
        }
    }

    @Test func `words for a purpose that can't be used give way to those for all`() async throws {
        try await TestService.run(.onItsOwn) { service in
            let general = path("one-time-code")
            _ = try await service.send("PUT", general, json: ["text": .string(Self.mail)])
            _ = try await service.send(
                "PUT", general + "?purpose=lab", json: ["text": .string("Lab: " + Self.mail)])
            _ = try await service.send(
                "PUT", path("one-time-code", "nb") + "?purpose=dental",
                json: ["text": .string(Self.mail)])
            try await service.database.execute(
                "update text_override set body_text = 'Code' where purpose = 'lab'")
            for (purpose, reason) in [("lab", "broken"), ("dental", "missing")] {
                let to = TestService.freshAddress()
                let code = try await service.issue(to: to, purpose: purpose)
                let text = try await service.mail.message(to: to).text
                #expect(text.hasPrefix("\(code.digits) is de code van"), "\(purpose)")
                #expect(try await fallbacks(service, reason) == "1", "\(purpose)")
            }
        }
    }

    @Test(arguments: [
        ("one-time-code", "sign-in", "not-allowed"), ("one-time-code", "Pharmacy", "wrong-format"),
        ("one-time-code", "", "wrong-format"), ("session-code", "pharmacy", "unknown"),
    ])
    func `a purpose that no other system can have is refused by name`(
        template: String, purpose: String, fault: String
    ) async throws {
        try await TestService.run { service in
            let query = "?purpose=\(purpose)"
            let calls: [(String, String, JSON?)] = [
                ("GET", query, nil), ("PUT", query, ["text": .string(Self.mail)]),
                ("DELETE", query, nil), ("POST", "/preview" + query, nil),
            ]
            for (method, rest, body) in calls {
                let answer = try await service.send(method, path(template) + rest, json: body)
                #expect(answer.status == 400 && answer.problem == "query-invalid", "\(method)")
                let named = try answer.json()["errors"].array.first
                #expect(named?["parameter"] == "purpose" && named?["code"].string == fault)
            }
            #expect(try await service.database.count("text_override", where: "true") == 0)
        }
    }

    private func fallbacks(_ service: TestService, _ reason: String) async throws -> String? {
        let metrics = try await service.internalInstances[0].send("GET", "/metrics").text
        let line = metrics.split(separator: "\n").first {
            $0.hasPrefix("auth_text_fallbacks_total{reason=\"\(reason)\"}")
        }
        return line?.split(separator: " ").last.map(String.init)
    }
}
