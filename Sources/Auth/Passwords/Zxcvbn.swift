import CZxcvbn

/// libzxcvbn, which finds the cheapest way to guess a password out of words, dates, sequences,
/// repeats and keyboard patterns; the one file that calls it.
enum Zxcvbn {
    struct Part: Sendable, Equatable {
        /// Bytes of the password.
        let range: Range<Int>
        let kind: Kind
        /// Whether it stands there several times in a row.
        let isRepeated: Bool
    }

    enum Kind: Sendable {
        case word, sequence, keyboard, date, other
    }

    /// Bits of the guesses that find the password, and the parts that they are counted by.
    ///
    /// Some 0.1 ms for what people type, 6 ms for the worst of 128 characters.
    ///
    /// - Parameters:
    ///   - password: without a zero byte.
    ///   - words: further words of the attacker's, the likeliest first.
    static func match(
        _ password: [UInt8], words: [[UInt8]]
    ) -> (bits: Double, parts: [Part]) {
        let bytes = (password + [0]).map(CChar.init(bitPattern:))
        var starts: [Int] = []
        var text: [CChar] = []
        for word in words {
            starts.append(text.count)
            text += word.map(CChar.init(bitPattern:)) + [0]
        }
        var first: UnsafeMutablePointer<ZxcMatch_t>?
        let bits = text.withUnsafeBufferPointer { text in
            var pointers = starts.map { start in text.baseAddress.map { $0 + start } }
            pointers.append(nil)
            return ZxcvbnMatch(bytes, &pointers, &first)
        }
        defer { ZxcvbnFreeInfo(first) }
        var parts: [Part] = []
        var next = first
        while let match = next?.pointee {
            parts.append(Part(match, of: password.count))
            next = match.Next
        }
        return (bits, parts)
    }
}

extension Zxcvbn.Part {
    fileprivate init(_ match: ZxcMatch_t, of count: Int) {
        let begin = min(Int(match.Begin), count)
        range = begin..<min(begin + Int(match.Length), count)
        isRepeated =
            match.Type.rawValue & MULTIPLE_MATCH.rawValue != 0
            || match.Type == REPEATS_MATCH
        kind =
            switch ZxcTypeMatch_t(rawValue: match.Type.rawValue & ~MULTIPLE_MATCH.rawValue) {
            case DICTIONARY_MATCH, DICT_LEET_MATCH, USER_MATCH, USER_LEET_MATCH: .word
            case SEQUENCE_MATCH: .sequence
            case SPATIAL_MATCH: .keyboard
            case DATE_MATCH, YEAR_MATCH: .date
            default: .other
            }
    }
}
