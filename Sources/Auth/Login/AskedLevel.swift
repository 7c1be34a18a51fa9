import Foundation

/// How sure a caller wants a sign-in to be, as the `acr_values` of a refusal told it (RFC 9470).
struct AskedLevel: Sendable, Equatable {
    /// Each of them will do, the first one best; empty where any sign-in will.
    let levels: [Assurance.Level]

    static let any = AskedLevel(levels: [])
    /// Characters of the field.
    static let longest = 64

    var isAny: Bool { levels.isEmpty }

    /// Whether a sign-in by a password and this is as sure as that.
    func isReached(by method: Proof.Method) -> Bool {
        isAny || levels.contains { $0 <= method.worth.level }
    }

    /// The factor to begin with: the first that reaches the level asked for first, else the next one.
    ///
    /// - Parameter factors: the preferred one first.
    func best(of factors: [Factor]) -> Factor? {
        if isAny { return factors.first }
        for level in levels {
            let factor = factors.first { level <= $0.type.proof.worth.level }
            if let factor { return factor }
        }
        return nil
    }

    /// What to enrol for it.
    var factorTypes: [Factor.Kind] { Factor.Kind.allCases.filter { isReached(by: $0.proof) } }
}

extension AskedLevel {
    /// Reads values of `acr` with one space between them; nil where one is none that a token can have, or
    /// no sign-in that there is reaches any of them.
    init?(acrValues text: String) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        let levels = words.compactMap { Assurance.Level(rawValue: String($0)) }
        guard levels.count == words.count else { return nil }
        self.init(levels: levels)
        if factorTypes.isEmpty { return nil }
    }
}

extension FieldReader {
    /// The level that a sign-in is to have; any where the field is absent or null.
    mutating func askedLevel(_ name: String) -> AskedLevel {
        guard let text = optionalString(name, max: AskedLevel.longest) else { return .any }
        guard let asked = AskedLevel(acrValues: text) else {
            refuse(name, .notAllowed)
            return .any
        }
        return asked
    }
}
