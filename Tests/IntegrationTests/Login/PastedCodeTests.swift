import Testing

@testable import Auth

/// What people paste is cleaned first (SC-6).
@Suite struct PastedCodeTests {
    @Test func `twenty-five spellings of the right code are right`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            for spell in Self.spellings {
                let login = try await service.begin(person)
                let answer = try await service.verify(login.id, spell(login.code))
                #expect(answer.status == 200, "\(spell("123456"))")
            }
        }
    }

    @Test func `what is not six digits says how many there were and costs nothing`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let login = try await service.begin(person)
            let malformed = [
                ("12345", 5), ("1234567", 7), ("abc", 0), ("12 34", 4), ("１２３４５６７", 7),
                ("12345O", 5), ("123456 123456", 12),
            ]
            for (text, digits) in malformed {
                let answer = try await service.verify(login.id, text)
                #expect(answer.status == 422)
                #expect(answer.problem == "code-malformed")
                #expect(try answer.json()["digits_found"].int == digits, "\(text)")
            }
            let read = try await service.send("GET", "/v1/logins/\(login.id)").json()
            #expect(read["code"]["attempts_left"].int == 5)
            #expect(try await service.verify(login.id, login.code).status == 200)
        }
    }

    static let spellings: [@Sendable (String) -> String] = [
        { $0 },
        { " \($0)" },
        { "\($0) " },
        { "\($0)\n" },
        { "\t\($0)\t" },
        { "\r\n\($0)\r\n" },
        { "\u{00A0}\($0)" },
        { "\($0)\u{202F}" },
        { "\u{200B}\($0)\u{200B}" },
        { "\u{FEFF}\($0)" },
        { "\u{2060}\($0)" },
        { "\u{200E}\($0)\u{200F}" },
        { split($0, " ") },
        { split($0, "-") },
        { split($0, "\u{2011}") },
        { split($0, "–") },
        { split($0, "\u{2009}") },
        { split($0, ".") },
        { $0.map(String.init).joined(separator: " ") },
        { "Code: \($0)" },
        { "code:\($0)." },
        { "Uw sessiecode is \($0)" },
        { "\"\($0)\"" },
        { fullWidth($0) },
        { "«\(fullWidth($0))»" },
    ]

    private static func split(_ code: String, _ separator: String) -> String {
        "\(code.prefix(3))\(separator)\(code.suffix(3))"
    }

    private static func fullWidth(_ code: String) -> String {
        String(
            String.UnicodeScalarView(
                code.unicodeScalars.compactMap { Unicode.Scalar($0.value + 0xFEE0) }))
    }
}
