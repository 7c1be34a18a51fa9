import Foundation
import Testing

@testable import Auth

/// What a form asks while somebody chooses a password (IN-4, AC-4).
@Suite struct PasswordRouteTests {
    private func measure(
        _ body: JSON, _ service: TestService, language: String = "nl"
    ) async throws -> HTTPAnswer {
        try await service.send(
            "POST", "/v1/password-strength", json: body,
            headers: [("Accept-Language", language)])
    }

    private func names(_ list: JSON) -> [String] { list.array.compactMap { $0["name"].string } }

    @Test func `a practice's policy is read with every rule in the reader's language`()
        async throws
    {
        try await TestService.run { service in
            let dutch = try await service.send("GET", "/v1/password-policy")
            #expect(dutch.status == 200, "\(dutch.text)")
            let policy = try dutch.json()
            #expect(policy["password_rules"] == "classic" && policy["min_score"] == .null)
            #expect(policy["min_length"] == 8 && policy["max_length"] == 128)
            #expect(policy["rules"][0]["detail"] == "Gebruik minstens 8 tekens.")
            #expect(names(policy["rules"]).contains("upper-case-missing"))
            #expect(!names(policy["rules"]).contains("too-weak"))
            let english = try await service.send(
                "GET", "/v1/password-policy", headers: [("Accept-Language", "en")])
            #expect(
                try english.json()["rules"][0]["detail"] == "Use at least 8 characters.")
            let norwegian = try await service.send(
                "GET", "/v1/password-policy", key: service.foreignKey)
            #expect(try norwegian.json()["rules"][0]["detail"] == "Bruk minst 8 tegn.")
        }
    }

    @Test func `a practice chooses the modern rules`() async throws {
        try await TestService.run { service in
            let changed = try await service.send(
                "PUT", "/v1/practice", json: ["policy": ["password_rules": "modern"]])
            #expect(try changed.json()["policy"]["password_rules"] == "modern")
            let policy = try await service.send("GET", "/v1/password-policy").json()
            #expect(policy["password_rules"] == "modern" && policy["min_score"] == 2)
            #expect(names(policy["rules"]).contains("too-weak"))
            #expect(!names(policy["rules"]).contains("upper-case-missing"))
            let weak = try await measure(["password": "abcdefghijklmnop"], service)
            #expect(names(try weak.json()["broken_rules"]).contains("too-weak"))
            let long = try await measure(["password": "kfjwnqpzmxgdtrb"], service)
            #expect(try long.json()["acceptable"] == true)
        }
    }

    @Test func `Welkom2024! is weak, and the answer says why in three languages`() async throws {
        try await TestService.run { service in
            for (language, word, date) in [
                ("nl", "Kies niet één gewoon woord", "Datums en jaartallen"),
                ("nb", "Ikke velg ett vanlig ord", "Datoer og årstall"),
                ("en", "Don't choose one common word", "Dates and years"),
            ] {
                let answer = try await measure(
                    ["password": "Welkom2024!"], service, language: language)
                #expect(answer.status == 200, "\(answer.text)")
                let strength = try answer.json()
                #expect((strength["score"].int ?? 4) <= 1 && strength["acceptable"] == false)
                #expect(names(strength["broken_rules"]) == ["common-word"])
                #expect(names(strength["reasons"]) == ["common-word", "date"])
                #expect(strength["broken_rules"][0]["detail"].string?.hasPrefix(word) == true)
                #expect(strength["reasons"][1]["detail"].string?.hasPrefix(date) == true)
            }
        }
    }

    @Test func `a good password is acceptable, and has nothing to be said against it`()
        async throws
    {
        try await TestService.run { service in
            let answer = try await measure(["password": "Blauwe fiets, 3 wolken"], service)
            let strength = try answer.json()
            #expect(strength["score"] == 4 && strength["acceptable"] == true)
            #expect(strength["reasons"] == [] && strength["broken_rules"] == [])
        }
    }

    @Test func `the person's own data and the practice's name count against a password`()
        async throws
    {
        try await TestService.run { service in
            let person: [String: JSON] = [
                "first_name": "Emma", "last_name": "Kwakernaak", "username": "emmak",
                "email": "e.kwakernaak@example.nl", "date_of_birth": "1950-03-12",
                "customer_number": "123 456 7894", "mobile": "06 87239154",
            ]
            for (password, rule) in [
                ("Kwakernaak-1!", "own-data"), ("Emma12031950!", "own-data"),
                ("DeLinde-2!", "practice-name"), ("1234567894Aa!", "own-data"),
                ("+31687239154Aa!", "own-data"), ("Example-2!x", "own-data"),
            ] {
                var body = person
                body["password"] = .string(password)
                let strength = try await measure(.object(body), service).json()
                #expect(names(strength["broken_rules"]).contains(rule), "\(password)")
            }
            let stranger = try await measure(["password": "Kwakernaak-1!"], service).json()
            #expect(!names(stranger["broken_rules"]).contains("own-data"))
        }
    }

    @Test func `a password too long is told so, and one far too long is refused`() async throws {
        try await TestService.run { service in
            let long = String(repeating: "Ab1#", count: 33)
            let told = try await measure(["password": .string(long)], service)
            #expect(names(try told.json()["broken_rules"]) == ["too-long"])
            let longer = String(repeating: "Ab1#", count: 257)
            for body: JSON in [
                ["password": .string(longer)], ["password": ""], [:],
                ["password": "kV7#pQ2x", "date_of_birth": "12-03-1950"],
                ["password": "kV7#pQ2x", "colour": "red"],
            ] {
                let refused = try await measure(body, service)
                #expect(refused.status == 422 && refused.problem == "field-invalid")
                #expect(!refused.text.contains("kV7#pQ2x"))
            }
        }
    }

    @Test func `nothing of it is logged, and no row is written`() async throws {
        try await TestService.run { service in
            let password = "Zeldzaam-woord-\(UUID().uuidString)"
            let answer = try await measure(
                ["password": .string(password), "last_name": "Kwakernaak"], service)
            #expect(answer.status == 200 && !answer.text.contains(password))
            #expect(service.log.text.contains("/v1/password-strength"))
            #expect(!service.log.text.contains(password))
            #expect(!service.log.text.contains("Kwakernaak"))
            #expect(try await service.database.count("audit", where: "client_id is not null") == 0)
        }
    }
}
