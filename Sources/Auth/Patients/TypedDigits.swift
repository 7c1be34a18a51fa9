import Foundation

/// The digits of a number as it was typed or pasted, without what only makes it legible: spaces of
/// any kind, hyphens, dots.
struct TypedDigits: Sendable {
    /// ASCII digits.
    let text: String

    var count: Int { text.utf8.count }
    var values: [Int] { text.utf8.map { Int($0 - UInt8(ascii: "0")) } }

    /// Nil where there is anything else to read, such as a letter.
    init?(_ typed: String) {
        var digits = ""
        // The compatibility form has plain digits for the full-width ones.
        for scalar in typed.precomposedStringWithCompatibilityMapping.unicodeScalars {
            if scalar.properties.numericType == .decimal, let value = scalar.properties.numericValue
            {
                digits += String(Int(value))
            } else if scalar != ".", !scalar.isSeparator {
                return nil
            }
        }
        text = digits
    }
}

extension Unicode.Scalar {
    /// Whether it stands between the groups of a number and means nothing: a space, a hyphen, or
    /// what cannot be seen at all.
    var isSeparator: Bool {
        properties.isWhitespace || properties.isDefaultIgnorableCodePoint
            || properties.generalCategory == .dashPunctuation
            // The minus sign, which some keyboards write for a hyphen.
            || self == "\u{2212}"
    }
}
