import Cryptography
import Foundation

/// What a password must be, by a practice's choice (IN-4, P1 to P5).
struct PasswordPolicy: Sendable, Equatable {
    /// The rules that a practice chooses from.
    enum Rules: String, Sendable, CaseIterable {
        /// A small letter, a capital, a digit and a special character.
        case classic
        /// No composition, but a strength score.
        case modern
    }

    /// Characters (Unicode code points in NFC). Eight suffice since every sign-in asks a code as
    /// well (P1); beyond the most it is refused, never cut (P2).
    static let lengths = 8...128
    /// The least score of a password under the modern rules: more than 10^6 guesses, which is
    /// beyond whoever may try ten an hour.
    static let leastScore = 2

    let rules: Rules

    /// The rules that can be broken under this policy, in the order in which a form shows them.
    var possibleRules: [PasswordRule] {
        PasswordRule.allCases.filter { rule in
            switch rule {
            case .lowerCaseMissing, .upperCaseMissing, .digitMissing, .specialCharacterMissing:
                rules == .classic
            case .tooWeak: rules == .modern
            case .tooShort, .tooLong, .controlCharacter, .commonPassword, .commonWord,
                .practiceName,
                .ownData:
                true
            }
        }
    }

    /// Every rule that the password breaks, in that order.
    ///
    /// - Parameter score: the strength score, 0 to 4.
    func rulesBroken(
        by password: Secret<String>, of owner: PasswordOwner, score: Int, words: KnownWords
    ) -> [PasswordRule] {
        let text = password.expose().precomposedStringWithCanonicalMapping
        let broken = Self.brokenShape(text).union(Self.brokenLists(text, owner, words))
            .union(score < Self.leastScore ? [.tooWeak] : [])
        return possibleRules.filter(broken.contains)
    }

    private static func brokenShape(_ text: String) -> Set<PasswordRule> {
        let scalars = text.unicodeScalars
        var broken: Set<PasswordRule> = []
        func demand(_ rule: PasswordRule, _ holds: Bool) { if !holds { broken.insert(rule) } }
        demand(.tooShort, scalars.count >= lengths.lowerBound)
        demand(.tooLong, scalars.count <= lengths.upperBound)
        demand(.lowerCaseMissing, scalars.contains(where: \.properties.isLowercase))
        demand(.upperCaseMissing, scalars.contains(where: \.properties.isUppercase))
        demand(.digitMissing, scalars.contains { $0.properties.numericType == .decimal })
        demand(
            .specialCharacterMissing,
            scalars.contains {
                !$0.properties.isAlphabetic && $0.properties.numericType != .decimal
            })
        demand(.controlCharacter, !scalars.contains { $0.properties.generalCategory == .control })
        return broken
    }

    /// How much may stand around a word, such as `!2024!`, for it to be that word all the same.
    /// Less than the shortest password, so that no leaked one is found in a longer one (P5).
    private static let decoration = 6

    private static func brokenLists(
        _ text: String, _ owner: PasswordOwner, _ words: KnownWords
    ) -> Set<PasswordRule> {
        let whole = FoldedText(text)
        let core = whole.core
        let cores = core.around <= decoration ? [core.text] + core.text.unmasked : []
        var broken: Set<PasswordRule> = []
        if ([whole] + cores).contains(where: { words.passwords.contains($0.bytes) }) {
            broken.insert(.commonPassword)
        }
        if cores.contains(where: words.isWord) { broken.insert(.commonWord) }
        if isMade(whole.joined, of: owner.practiceWords) { broken.insert(.practiceName) }
        if isMade(whole.joined, of: owner.ownWords) { broken.insert(.ownData) }
        return broken
    }

    /// Whether little is left of a text without the words.
    private static func isMade(_ text: FoldedText, of words: [[UInt8]]) -> Bool {
        var rest = text.bytes
        for word in words {
            while let found = rest.firstRange(of: word) { rest.removeSubrange(found) }
        }
        return rest.count < text.bytes.count && rest.count <= decoration
    }
}
