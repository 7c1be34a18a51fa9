import Cryptography
import Foundation
import Testing

@testable import Auth

/// Terms and privacy statement of a practice, published once and read in one's own language (IN-5).
@Suite struct DocumentRouteTests {
    @Test func `what is published is read in the wanted language, else the practice's, else any`()
        async throws
    {
        try await TestService.run { service in
            #expect(try await service.documents() == [])
            let made = try await service.publish("privacy", "2026-1", "nl", text: "Privé\r\n\tWel.")
            #expect(made.status == 201)
            #expect(try made.json()["current"] == true)
            #expect(try made.json()["text"] == "Privé\n\tWel.")
            #expect(
                try made.json()["text_hash"].string
                    == Document.hash("Privé\n\tWel.").hexadecimal)
            _ = try await service.publish("terms", "v.1", "en")
            _ = try await service.publish("terms", "v.1", "nb")
            _ = try await service.publish("privacy", "2026-1", "en")

            let expected = [
                "en": ["terms v.1 en", "privacy 2026-1 en"],
                "nb": ["terms v.1 nb", "privacy 2026-1 nl"],
                // None of the terms in Dutch, which is the practice's language.
                "nl": ["terms v.1 nb", "privacy 2026-1 nl"],
                "fr": ["terms v.1 nb", "privacy 2026-1 nl"],
            ]
            for (language, documents) in expected {
                #expect(try await service.documents(language) == documents, "\(language)")
            }
            let foreign = try await service.send("GET", "/v1/documents", key: service.foreignKey)
            #expect(try foreign.json()["data"].array.isEmpty)
            #expect(try foreign.json()["next_cursor"] == .null)
        }
    }

    @Test func `a published text never changes, and the same again is no news`() async throws {
        try await TestService.run { service in
            let first = try await service.publish("terms", "1", "nl", text: "Eerste")
            let again = try await service.publish("terms", "1", "nl", text: "Eerste")
            #expect(again.status == 200 && again.body == first.body)
            for other in [
                try await service.publish("terms", "1", "nl", text: "Tweede"),
                try await service.publish("terms", "1", "nl", title: "Anders", text: "Eerste"),
            ] {
                #expect(other.status == 409 && other.problem == "document-published")
            }
            // Another kind, language or practice is another text.
            #expect(try await service.publish("privacy", "1", "nl", text: "Tweede").status == 201)
            #expect(try await service.publish("terms", "1", "en", text: "Second").status == 201)
            let foreign = try await service.publish(
                "terms", "1", "nl", text: "Ander", key: service.foreignKey)
            #expect(foreign.status == 201)
            let kept = try await service.database.rows(
                """
                select text from document
                where practice_id = '\(service.practice)' and kind = 'terms' and locale = 'nl'
                """)
            #expect(kept == [["Eerste"]])
            let audited = try await service.database.rows(
                """
                select reason, client_id is not null from audit
                where event = 'document-published' and practice_id = '\(service.practice)'
                order by audit_id
                """)
            #expect(
                audited == [["terms/1/nl", "t"], ["privacy/1/nl", "t"], ["terms/1/en", "t"]])
        }
    }

    @Test func `the version that came last is in force, and its translations do not change that`()
        async throws
    {
        try await TestService.run { service in
            _ = try await service.publish("terms", "2025", "nl")
            let newer = try await service.publish("terms", "2026", "nl")
            #expect(try newer.json()["current"] == true)
            let late = try await service.publish("terms", "2025", "en")
            #expect(late.status == 201)
            #expect(try late.json()["current"] == false)
            #expect(try await service.documents("en") == ["terms 2026 nl"])
            let translated = try await service.publish("terms", "2026", "en")
            #expect(try translated.json()["current"] == true)
            #expect(try await service.documents("en") == ["terms 2026 en"])
            let old = try await service.publish("terms", "2025", "nl")
            #expect(old.status == 200)
            #expect(try old.json()["current"] == false)
        }
    }

    @Test func `those who answer for the practice are told, until nobody would read on`()
        async throws
    {
        try await TestService.run { service in
            let address = TestService.freshAddress()
            try await service.database.execute(
                """
                update practice set admin_contacts = array['\(address)']
                where practice_id = '\(service.practice)'
                """)
            for _ in 1...2 { _ = try await service.publish("terms", "2026-1", "nl") }
            let mail = try await service.mail.message(1, to: address)
            #expect(
                mail.text.contains("Gewijzigd: document terms/2026-1/nl\nDoor: portal\n"),
                "\(mail.text)")
            try await service.settle()
            #expect(service.mail.count(to: address) == 1)
            try await service.database.execute(
                """
                update send_count set amount = \(AdminNotice.changesPerHour)
                where counter = 'notices'
                """)
            let refused = try await service.publish("terms", "2026-2", "nl")
            #expect(refused.status == 429 && refused.problem == "too-many-changes")
            #expect(try await service.publish("terms", "2026-1", "nl").status == 200)
            #expect(try await service.documents() == ["terms 2026-1 nl"])
        }
    }

    @Test func `of many that publish one version one does, on two instances`() async throws {
        var settings = TestService.Settings()
        settings.instances = 2
        try await TestService.run(settings) { service in
            let same = try await parallel(8) { number in
                try await service.publish("terms", "1", "nl", instance: number)
            }
            #expect(same.count { $0.status == 201 } == 1)
            #expect(same.count { $0.status == 200 } == 7)
            let different = try await parallel(8) { number in
                try await service.publish(
                    "privacy", "1", "nl", text: "Text \(number)", instance: number)
            }
            #expect(different.count { $0.status == 201 } == 1)
            #expect(different.count { $0.problem == "document-published" } == 7)
            #expect(try await service.database.count("document", where: "true") == 2)
        }
    }

    @Test func `what is no document is refused by name, and a long one is taken`() async throws {
        try await TestService.run { service in
            let faults = [
                ("/version", service.document("a b", "nl", text: "x")),
                ("/locale", service.document("1", "fr", text: "x")),
                ("/title", service.document("1", "nl", title: " ", text: "x")),
                ("/text", service.document("1", "nl", text: " \n")),
                ("/text", service.document("1", "nl", text: "x\u{202E}y")),
                ("/text", service.document("1", "nl", text: "x\u{7}")),
                (
                    "/text",
                    service.document("1", "nl", text: String(repeating: "x", count: 100_001))
                ),
            ]
            for (pointer, body) in faults {
                let answer = try await service.send("PUT", "/v1/documents/terms", json: body)
                #expect(answer.problem == "field-invalid", "\(pointer)")
                #expect(
                    try answer.json()["errors"].array.map { $0["pointer"].string } == [pointer])
            }
            let unknown = try await service.publish("rules", "1", "nl")
            #expect(unknown.status == 404)
            let long = String(repeating: "é", count: 100_000)
            let made = try await service.publish("terms", "1", "nl", text: long)
            #expect(made.status == 201)
            let read = try await service.send("GET", "/v1/documents").json()
            #expect(read["data"][0]["text"].string == long)
            let huge = try await service.publish(
                "terms", "2", "nl", text: String(repeating: "x", count: 300_000))
            #expect(huge.status == 413)
        }
    }
}

extension TestService {
    func document(
        _ version: String, _ locale: String, title: String = "Titel", text: String = "Tekst."
    ) -> JSON {
        [
            "version": .string(version), "locale": .string(locale), "title": .string(title),
            "text": .string(text),
        ]
    }

    func publish(
        _ kind: String, _ version: String, _ locale: String, title: String = "Titel",
        text: String = "Tekst.", key: String? = nil, instance: Int = 0
    ) async throws -> HTTPAnswer {
        try await send(
            "PUT", "/v1/documents/\(kind)",
            json: document(version, locale, title: title, text: text), key: key,
            instance: instance)
    }

    /// What is in force, as `kind version locale`.
    func documents(_ language: String = "nl") async throws -> [String] {
        let answer = try await send(
            "GET", "/v1/documents", headers: [("Accept-Language", language)])
        return try answer.json()["data"].array.map { document in
            ["kind", "version", "locale"].map { document[$0].string ?? "" }.joined(separator: " ")
        }
    }
}
