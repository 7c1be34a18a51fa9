import Cryptography
import Foundation
import Testing

@testable import Auth

/// The strength score with words of this place (IN-4).
@Suite struct StrengthTests {
    private let words: KnownWords
    private let owner = PasswordOwner(
        practiceName: "Huisartsenpraktijk De Linde", firstName: "Emma", lastName: "Kwakernaak")

    init() throws { words = try .shipped() }

    private func strength(_ password: String, _ owner: PasswordOwner? = nil) -> Strength {
        Strength(of: password, owner: owner ?? self.owner, words: words)
    }

    @Test(arguments: [
        "Welkom2024!", "Wachtwoord1!", "Welkom01", "Zomer2025!", "Amsterdam1!", "Feyenoord1908!",
        "Voetbal123!", "Ziekenhuis1!", "Huisarts2024!", "Geheim123!", "Passord123!",
        "Sommer2025!", "Sykehus2024!", "Fotball123!", "Hemmelig1!", "Velkommen2024!",
        "Rosenborg1917!", "Fastlege1!", "Bergen2024!", "Sjokolade1!", "Lente2026!", "Vinter2026!",
        "W3lk0m2024!", "Wachtw00rd!", "moklew2024!", "Ålesund2024!",
    ])
    func `favourites of Dutch and Norwegian patients are weak`(password: String) {
        #expect(strength(password).score <= 1)
    }

    @Test(arguments: [
        ("Welkom2024!", 1), ("nbgyuhjm", 2), ("uhbnjkiom", 3),
        ("kfjwnqpzmxgdtrb", 4), ("fiets-tafel-wolken", 4), ("kV7#pQ2x", 4),
        ("paard accu nietje juist", 4), ("", 0), ("a", 0), ("password", 0), ("12345678", 0),
    ])
    func `the score follows the guesses`(password: String, score: Int) {
        #expect(strength(password).score == score)
    }

    @Test(arguments: [
        ("Welkom2024!", [StrengthReason.commonWord, .date]), ("Kwakernaak7!", [.ownData]),
        ("Linde2024!", [.practiceName, .date]), ("qwertyuiop", [.commonWord]),
        ("%%%%%%%%%%%%", [.repetition]), ("abcdefghijkl", [.sequence]),
        ("nbgyuhjm", [.keyboard]), ("fiets-tafel-wolken", []),
    ])
    func `what makes it weak is named`(password: String, reasons: [StrengthReason]) {
        #expect(strength(password).reasons == reasons)
    }

    @Test func `names of the person and the practice lower the score`() {
        let stranger = PasswordOwner(practiceName: "Praktijk Zuid")
        for password in ["Kwakernaak-77", "kwakernaaklinde"] {
            #expect(strength(password).score < strength(password, stranger).score)
        }
    }

    @Test func `any text has a score, in bounded time`() {
        let units = ["a", "1a", "@4a", "é", "😀", "qwertyas", "\u{0}", "welkom", "1/1/", "$5s!1"]
        let clock = ContinuousClock()
        for unit in units {
            let text = String(String(repeating: unit, count: 1_024).prefix(1_024))
            let duration = clock.measure { #expect((0...4).contains(strength(text).score)) }
            #expect(duration < .seconds(10))
        }
    }

    @Test func `beyond the bounded queue a review is refused, and the next one is not`()
        async throws
    {
        let reviewer = PasswordReviewer(words: words)
        let results = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<(4 * PasswordReviewer.longestQueue) {
                group.addTask {
                    let long = Secret(String(repeating: "1il!|", count: 5))
                    let review = try? await reviewer.review(
                        long, of: owner, under: PasswordPolicy(rules: .modern))
                    return review != nil
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.contains(true) && results.contains(false))
        let next = try await reviewer.review(
            Secret("Welkom2024!"), of: owner, under: PasswordPolicy(rules: .classic))
        #expect(next.strength.score <= 1 && next.rulesBroken == [.commonWord])
    }
}
