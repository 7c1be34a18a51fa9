/// A language the service speaks to people: Dutch, Norwegian Bokmål and English (IN-7).
enum Language: String, CaseIterable, Sendable, Codable {
    case dutch = "nl"
    case bokmål = "nb"
    case english = "en"

    /// The language a BCP 47 tag asks for, or nil where the service does not speak it.
    ///
    /// Only the first subtag counts. `no` is Norwegian without saying which, and readers of Nynorsk
    /// are better served by Bokmål than by English, so both mean `nb`.
    init?(tag: some StringProtocol) {
        let primary = tag.prefix { $0 != "-" && $0 != "_" }.lowercased()
        switch primary {
        case "nl": self = .dutch
        case "nb", "no", "nn": self = .bokmål
        case "en": self = .english
        default: return nil
        }
    }

    /// The best language for an `Accept-Language` header (RFC 9110 12.5.4), or nil where it names
    /// none of ours with a weight above zero.
    ///
    /// Equal weights go to the one named first. `*` names no language in particular, so it leaves
    /// the choice to the practice. A part that cannot be read is skipped: a browser's odd header
    /// must not cost a patient the sign-in.
    init?(acceptLanguage header: String) {
        var best: (language: Language, weight: Double)?
        for part in header.prefix(Self.longestHeader).split(separator: ",") {
            let pieces = part.split(separator: ";").map { $0.trimmingSpaces }
            guard let tag = pieces.first, let language = Language(tag: tag) else { continue }
            guard let weight = Self.weight(of: pieces.dropFirst()), weight > 0 else { continue }
            if weight > (best?.weight ?? 0) { best = (language, weight) }
        }
        guard let best else { return nil }
        self = best.language
    }

    /// Characters of the header that are looked at; browsers send some forty.
    private static let longestHeader = 512

    private static func weight(of parameters: ArraySlice<Substring>) -> Double? {
        guard let parameter = parameters.first else { return 1 }
        guard parameter.lowercased().hasPrefix("q=") else { return nil }
        let digits = parameter.dropFirst(2)
        guard digits.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }),
            let weight = Double(digits), (0...1).contains(weight)
        else { return nil }
        return weight
    }
}

extension Substring {
    /// The text without the spaces and tabs around it (RFC 9110's OWS).
    var trimmingSpaces: Substring {
        var text = self.drop { $0 == " " || $0 == "\t" }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}
