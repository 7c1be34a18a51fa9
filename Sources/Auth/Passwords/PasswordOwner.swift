import Foundation

/// What is known of whoever chooses a password, and where: what a relative or a clerk would try
/// first.
struct PasswordOwner: Sendable {
    var practiceName: String
    var firstName: String?
    var lastName: String?
    var username: String?
    var email: String?
    var dateOfBirth: DateOfBirth?
    /// Ten digits, maybe with spaces.
    var customerNumber: String?
    /// E.164, or as they were typed.
    var mobiles: [String] = []

    /// Words of the person: names, both sides of the @, the date of birth as people write it, and the
    /// numbers that they are reached and known by.
    var ownWords: [[UInt8]] {
        let texts = [firstName, lastName, username, email.map { String($0.prefix { $0 != "@" }) }]
        var words = texts.flatMap { $0.map(Self.words) ?? [] }
        // "jansen85" without its number.
        words += words.map { $0.filter { !FoldedText.isDigit($0) } }
        if let email { words += Self.providerNames(of: email) }
        if let dateOfBirth { words += Self.spellings(of: dateOfBirth) }
        if let customerNumber { words.append(Self.digits(of: customerNumber)) }
        words += mobiles.flatMap(Self.spellings(ofPhone:))
        return Self.distinct(words)
    }

    /// Words of the practice's name.
    var practiceWords: [[UInt8]] { Self.distinct(Self.words(of: practiceName)) }

    /// A shorter one stands in too many passwords by chance.
    private static let shortestWord = 3
    /// Words of one name that are looked at.
    private static let mostWords = 8

    /// Each word of a text, and neighbours written in one, such as "delinde" for "De Linde".
    private static func words(of text: String) -> [[UInt8]] {
        let words = FoldedText(text).words.prefix(mostWords)
        return words.indices.flatMap { first in
            (first..<words.endIndex).map { last in words[first...last].flatMap { $0 } }
        }
    }

    /// The names of a mailbox's provider, without what ends them: "example" of `a@mail.example.nl`.
    private static func providerNames(of email: String) -> [[UInt8]] {
        guard let sign = email.lastIndex(of: "@") else { return [] }
        let names = email[email.index(after: sign)...].split(separator: ".").dropLast()
        return names.flatMap { words(of: String($0)) }.filter { $0.count >= shortestDomain }
    }

    /// The day with and without its zeros, turned round and the American way, and the month by its name.
    private static func spellings(of date: DateOfBirth) -> [[UInt8]] {
        let (year, month, day) = (String(date.year), two(date.month), two(date.day))
        let short = String(year.suffix(2))
        var texts: [String] = [
            "\(day)\(month)\(year)", "\(year)\(month)\(day)", "\(day)\(month)\(short)",
            "\(short)\(month)\(day)", "\(date.day)\(date.month)\(year)",
            "\(month)\(day)\(year)",
        ]
        for name in Set(months.map { $0[date.month - 1] }) {
            texts += ["\(name)\(year)", "\(name)\(short)"]
        }
        return texts.map { Array($0.utf8) }
    }

    /// With the code of either country, with a zero in its place, and without either.
    private static func spellings(ofPhone number: String) -> [[UInt8]] {
        let digits = Self.digits(of: number)
        guard digits.count >= shortestPhone else { return [] }
        return [
            digits, [UInt8(ascii: "0")] + digits.suffix(shortestPhone + 1),
            Array(digits.suffix(shortestPhone)),
            Array("31".utf8) + digits.suffix(shortestPhone + 1),
            Array("47".utf8) + digits.suffix(shortestPhone),
        ]
    }

    private static func digits(of text: String) -> [UInt8] {
        text.utf8.filter(FoldedText.isDigit)
    }

    /// A shorter name of a provider, such as "com" before "au", is part of many words.
    private static let shortestDomain = 4
    /// What Norwegian numbers have after the country's code, and Dutch ones one more.
    private static let shortestPhone = 8

    /// In Dutch, Norwegian and English.
    private static let months = [
        [
            "januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus",
            "september", "oktober", "november", "december",
        ],
        [
            "januar", "februar", "mars", "april", "mai", "juni", "juli", "august", "september",
            "oktober", "november", "desember",
        ],
        [
            "january", "february", "march", "april", "may", "june", "july", "august",
            "september", "october", "november", "december",
        ],
    ]

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    /// Longest first, so that none is left over that a part of it has broken.
    private static func distinct(_ words: [[UInt8]]) -> [[UInt8]] {
        Set(words).filter { $0.count >= shortestWord }.sorted { one, other in
            one.count == other.count
                ? one.lexicographicallyPrecedes(other) : one.count > other.count
        }
    }
}
