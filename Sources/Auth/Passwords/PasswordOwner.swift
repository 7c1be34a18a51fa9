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

    /// Words of the person: names, what stands before the @, the date of birth as people write it.
    var ownWords: [[UInt8]] {
        let texts = [firstName, lastName, username, email.map { String($0.prefix { $0 != "@" }) }]
        var words = texts.flatMap { $0.map(Self.words) ?? [] }
        // "jansen85" without its number.
        words += words.map { $0.filter { !FoldedText.isDigit($0) } }
        if let dateOfBirth {
            let (year, month, day) = (
                String(dateOfBirth.year), Self.two(dateOfBirth.month), Self.two(dateOfBirth.day)
            )
            words += [
                day + month + year, year + month + day, day + month + year.suffix(2),
                year.suffix(2) + month + day,
            ].map { Array($0.utf8) }
        }
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

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    /// Longest first, so that none is left over that a part of it has broken.
    private static func distinct(_ words: [[UInt8]]) -> [[UInt8]] {
        Set(words).filter { $0.count >= shortestWord }.sorted { one, other in
            one.count == other.count
                ? one.lexicographicallyPrecedes(other) : one.count > other.count
        }
    }
}
