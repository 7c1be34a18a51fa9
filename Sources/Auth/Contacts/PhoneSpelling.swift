import Foundation

/// The digits of a telephone number as it was typed, without what only makes it legible.
///
/// Spaces of any kind, dots, hyphens, slashes, brackets, full-width and other digits are all at home
/// in some address book; letters are in none, so a text with letters is no number.
struct PhoneSpelling: Equatable, Sendable {
    /// ASCII digits; the country code first where `isInternational`.
    let digits: String
    /// Whether it began with `+` or `00`.
    let isInternational: Bool

    /// No number is written with more characters than these.
    private static let longest = 64

    /// Nil where the text is not written as a telephone number.
    init?(_ typed: String) {
        guard typed.unicodeScalars.count <= Self.longest, var marks = Self.marks(of: typed) else {
            return nil
        }
        // The trunk digit, as in "+31 (0)6": dialled at home, never from abroad.
        marks = marks.replacing(/^(\(?(?:(?:\+|00)?[1-9][0-9]{0,2})?\)?)\(0\)/) { $0.1 }
        marks.removeAll { $0 == "(" || $0 == ")" }

        let hasPlus = marks.hasPrefix("+")
        if hasPlus { marks.removeFirst() }
        let hasExitCode = marks.hasPrefix("00")
        if hasExitCode { marks.removeFirst(2) }
        guard !marks.isEmpty, !marks.contains("+") else { return nil }
        digits = marks
        isInternational = hasPlus || hasExitCode
    }

    /// Digits, plus signs and round brackets in order; nil where there is anything else to read.
    private static func marks(of typed: String) -> String? {
        var marks = ""
        // The compatibility form has plain digits, brackets and signs for the full-width ones.
        for scalar in typed.precomposedStringWithCompatibilityMapping.unicodeScalars {
            if scalar.properties.numericType == .decimal, let value = scalar.properties.numericValue
            {
                marks += String(Int(value))
            } else if "+()".unicodeScalars.contains(scalar) {
                marks.unicodeScalars.append(scalar)
            } else if !isSeparator(scalar) {
                return nil
            }
        }
        return marks
    }

    private static func isSeparator(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isWhitespace || scalar.properties.isDefaultIgnorableCodePoint
            || scalar.properties.generalCategory == .dashPunctuation
            // U+2212 is the minus sign, which some keyboards write for a hyphen.
            || "./[]\u{2212}".unicodeScalars.contains(scalar)
    }
}
