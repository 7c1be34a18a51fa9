import Foundation

/// How hard a password is to guess, as libzxcvbn estimates it.
struct Strength: Sendable, Equatable {
    /// 0 (at once) to 4: fewer than 10^3, 10^6, 10^8, 10^10 guesses, or more.
    let score: Int
    /// Why it is no better; empty from score 3 on.
    let reasons: [StrengthReason]

    /// - Parameter password: what is longer than any that is accepted counts as its beginning.
    init(of password: String, owner: PasswordOwner, words: KnownWords) {
        let password = String(
            String.UnicodeScalarView(
                password.precomposedStringWithCanonicalMapping.unicodeScalars
                    .prefix(PasswordPolicy.lengths.upperBound)))
        let ownWords = owner.ownWords, practiceWords = owner.practiceWords
        let typed = Self.scored(password)
        let found = Self.words(in: FoldedText(password), words)
        // The rank of a word is its place, and its cost the logarithm of that. A word out of the
        // language costs as much as the hundredth, whichever it is: who guesses in Dutch begins
        // with what fits "…2024!".
        let filler = [[UInt8]](repeating: Self.unmatched, count: Self.rankOfFrequentWords)
        let first = ownWords + practiceWords + found.favourites
        let list = first + filler.dropFirst(min(first.count, filler.count)) + found.frequent
        let match = Zxcvbn.match(typed, words: list)
        score = Self.limits.count { match.bits * log10(2) >= $0 }
        let lowered = typed.map { (0x41...0x5A).contains($0) ? $0 + 32 : $0 }
        let reasons = Set(
            match.parts.flatMap { part -> [StrengthReason] in
                let text = Array(lowered[part.range])
                return (part.isRepeated ? [.repetition] : [])
                    + Self.reasons(part.kind, text, ownWords, practiceWords)
            })
        self.reasons =
            score > Self.wellEnough ? [] : StrengthReason.allCases.filter(reasons.contains)
    }

    /// Powers of ten of the guesses, as zxcvbn cuts them.
    private static let limits: [Double] = [3, 6, 8, 10]
    private static let wellEnough = 2
    private static let rankOfFrequentWords = 100
    private static let shortestFrequentWord = 4
    /// Words of one password that are looked at; more than any has that people choose.
    private static let mostWords = 256
    /// Stands in the list for words that don't occur.
    private static let unmatched: [UInt8] = [1]

    /// With plain letters, since the library knows bytes: "é" would be two strange characters. It
    /// ends at a zero, and one that stands in the list of words must not occur.
    private static func scored(_ password: String) -> [UInt8] {
        password.withoutAccents.utf8.map { $0 < UInt8(ascii: " ") ? UInt8(ascii: " ") : $0 }
    }

    /// The listed words that occur in a text, forwards or backwards, also with digits for letters.
    private static func words(
        in text: FoldedText, _ words: KnownWords
    ) -> (favourites: [[UInt8]], frequent: [[UInt8]]) {
        var favourites: Set<[UInt8]> = [], frequent: Set<[UInt8]> = []
        for variant in [text] + text.unmasked + [text.reversed] + text.unmasked.map(\.reversed) {
            for start in variant.bytes.indices {
                let rest = variant.bytes[start...]
                for length in words.favourites.prefixes(of: rest) where favourites.count < mostWords
                {
                    favourites.insert(Array(rest.prefix(length)))
                }
                for length in words.frequent.prefixes(of: rest)
                where length >= shortestFrequentWord && frequent.count < mostWords {
                    frequent.insert(Array(rest.prefix(length)))
                }
            }
        }
        // In one order, so that one password has one score.
        func sorted(_ words: Set<[UInt8]>) -> [[UInt8]] {
            words.sorted { $0.lexicographicallyPrecedes($1) }
        }
        return (sorted(favourites), sorted(frequent.subtracting(favourites)))
    }

    private static func reasons(
        _ kind: Zxcvbn.Kind, _ text: [UInt8], _ own: [[UInt8]], _ practice: [[UInt8]]
    ) -> [StrengthReason] {
        switch kind {
        case .other: []
        // Single signs count as words of one letter there.
        case .word where text.count < 3: []
        case .word:
            own.contains(text)
                ? [.ownData] : practice.contains(text) ? [.practiceName] : [.commonWord]
        case .sequence: [.sequence]
        case .keyboard: [.keyboard]
        case .date: [.date]
        }
    }
}
