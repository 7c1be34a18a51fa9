import Cryptography
import Foundation
import Testing

@testable import Auth
import Resources

/// Which passwords may be set (IN-4; standards.md P1 to P5).
@Suite struct PasswordPolicyTests {
    private let words: KnownWords
    private let owner = PasswordOwner(
        practiceName: "Huisartsenpraktijk De Linde", firstName: "Anne Marie",
        lastName: "van den Hövel", username: "amhovel", email: "annemarie.hovel85@example.nl",
        dateOfBirth: try? DateOfBirth("1950-03-12", now: Date(), in: .gmt),
        customerNumber: "123 456 7894", mobiles: ["+31687239154"])

    init() throws { words = try .shipped() }

    private func broken(
        _ password: String, _ rules: PasswordPolicy.Rules = .classic
    ) -> [PasswordRule] {
        let strength = Strength(of: password, owner: owner, words: words)
        return PasswordPolicy(rules: rules).rulesBroken(
            by: Secret(password), of: owner, score: strength.score, words: words)
    }

    @Test(arguments: [
        "Zomer-aan-Zee-42!", "kV7#pQ2x", "Blauwe fiets, 3 wolken", "Ñandú-über-7-fjell",
        "x7#Kp!vLq0", "Tante Truus woont op 4 hoog",
    ])
    func `a good password may be set under the classic rules`(password: String) {
        #expect(broken(password) == [])
    }

    @Test(arguments: [
        ("kV7#pQ2", [PasswordRule.tooShort]), ("kv7#pq2x", [.upperCaseMissing]),
        ("KV7#PQ2X", [.lowerCaseMissing]), ("kVx#pQwx", [.digitMissing]),
        ("kV7wpQ2x", [.specialCharacterMissing]),
        ("wkvp", [.tooShort, .upperCaseMissing, .digitMissing, .specialCharacterMissing]),
        ("kV7#pQ2x\n", [.controlCharacter]), ("kV7#p\u{0}Q2x", [.controlCharacter]),
    ])
    func `each broken rule is named`(password: String, rules: [PasswordRule]) {
        #expect(broken(password) == rules)
    }

    @Test func `characters are counted as code points in NFC, and nothing is cut`() {
        let unit = "Ab1#"
        #expect(broken(String(repeating: unit, count: 32)) == [])
        #expect(broken(String(repeating: unit, count: 32) + "x") == [.tooLong])
        #expect(
            !broken("e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}", .modern).isEmpty)
        // Seven composed characters, fourteen typed ones.
        let accents = broken(String(repeating: "e\u{301}", count: 7), .modern)
        #expect(accents.contains(.tooShort))
        // One code point counts as one, whatever it weighs.
        #expect(!broken(String(repeating: "😀", count: 8), .modern).contains(.tooShort))
        #expect(!broken(String(repeating: "😀", count: 128), .modern).contains(.tooLong))
        #expect(broken(String(repeating: "😀", count: 129), .modern).contains(.tooLong))
    }

    @Test func `fifty entries of the list are refused, and with a word before them are not`() throws
    {
        let text = try String(
            contentsOf: Resources.passwordLists.appending(path: "common-passwords.txt"),
            encoding: .utf8)
        for entry in text.split(separator: "\n").shuffled().prefix(50) {
            for typed in [String(entry), entry.uppercased(), entry.capitalized] {
                #expect(broken(typed).contains(.commonPassword), "\(typed)")
                #expect(broken(typed, .modern).contains(.commonPassword), "\(typed)")
            }
            #expect(!broken("kruiwagen\(entry)").contains(.commonPassword), "\(entry)")
        }
    }

    @Test(arguments: [
        ("Wachtwoord1!", PasswordRule.commonPassword), ("Welkom2024!", .commonWord),
        ("Ziekenhuis#1", .commonWord), ("!Sykehus2024", .commonWord), ("W3lk0m!2024", .commonWord),
        ("Tromsø2024!", .commonWord), ("P@ssw0rd1!", .commonPassword),
        ("Voorbeeld-12", .commonWord), ("Lantaarn-12", .commonPassword),
        ("DeLinde2024!", .practiceName), ("Linde-1950!", .practiceName),
        ("Huisartsenpraktijk1!", .practiceName), ("Hovel1950!", .ownData),
        ("AnneMarie!1", .ownData), ("annemarie.hovel85@A1", .ownData), ("12-03-1950-Hö", .ownData),
        ("Van-den-Hövel-1", .ownData), ("19500312Aa!", .ownData),
        ("12-3-1950-Aa!", .ownData), ("Aa!03/12/1950", .ownData), ("12 maart 1950!", .ownData),
        ("Mars50-A!", .ownData), ("Example-12!", .ownData), ("1234567894Aa!", .ownData),
        ("Aa! 123 456 7894", .ownData), ("06-87239154Aa!", .ownData),
        ("+31687239154Aa!", .ownData), ("87239154Aa!", .ownData),
    ])
    func `what is easy to think of is refused under either rules`(
        password: String, rule: PasswordRule
    ) {
        #expect(broken(password).contains(rule), "\(broken(password))")
        #expect(broken(password, .modern).contains(rule))
    }

    @Test(arguments: ["Hovel-fietst-1x!", "Lindebloesem-thee-4", "Welkom-in-Delft-2"])
    func `a known word in a longer password is no reason to refuse it`(password: String) {
        #expect(broken(password) == [])
    }

    @Test(arguments: ["kfjwnqpzmxgdtrb", "fiets-tafel-wolken", "paard accu nietje juist"])
    func `the modern rules ask for no kind of character`(password: String) {
        #expect(broken(password, .modern) == [])
    }

    @Test(arguments: ["aaaaaaaaaaaaaaa", "abcdefghijklmnop", "fietsfiets", "qwertyuiopasdf"])
    func `the modern rules refuse what is easy to guess however long it is`(password: String) {
        #expect(broken(password, .modern).contains(.tooWeak))
        #expect(!broken(password).contains(.tooWeak))
    }

    @Test func `every rule and every reason has words in each language`() {
        for language in Language.allCases {
            let texts = language.passwordTexts
            let all =
                PasswordRule.allCases.map(texts.detail) + StrengthReason.allCases.map(texts.detail)
            #expect(Set(all).count == all.count && all.allSatisfy { $0.hasSuffix(".") })
        }
        #expect(Language.dutch.passwordTexts.detail(.tooShort) == "Gebruik minstens 8 tekens.")
        #expect(Language.bokmål.passwordTexts.detail(.tooLong) == "Bruk høyst 128 tegn.")
    }
}
