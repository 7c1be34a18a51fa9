import Foundation

/// The alphabet of text messages, seven bits a character (3GPP TS 23.038 section 6.2.1).
enum GSM7 {
    /// The width of a character: 1, or 2 where it stands in the extension table; nil where the
    /// alphabet does not have it.
    static func septets(of scalar: Unicode.Scalar) -> Int? {
        if basic.contains(scalar) { return 1 }
        return extended.contains(scalar) ? 2 : nil
    }

    /// The width of a text; nil where a character is not in the alphabet.
    static func septets(of text: some StringProtocol) -> Int? {
        var sum = 0
        for scalar in text.unicodeScalars {
            guard let width = septets(of: scalar) else { return nil }
            sum += width
        }
        return sum
    }

    /// A name in this alphabet: `Daniël – Zoë` becomes `Daniel - Zoe`. What has no likeness there is
    /// left out, so a name in another script may come out empty.
    static func transliterated(_ name: String) -> String {
        var spelled = ""
        for scalar in name.precomposedStringWithCanonicalMapping.unicodeScalars {
            if septets(of: scalar) != nil, !breaks.contains(scalar) {
                spelled.unicodeScalars.append(scalar)
            } else if let likeness = likenesses[scalar] {
                spelled += likeness
            } else if scalar.properties.isWhitespace {
                spelled += " "
            } else {
                let base = String(scalar).decomposedStringWithCompatibilityMapping.unicodeScalars
                    .filter { septets(of: $0) != nil }
                spelled.unicodeScalars.append(contentsOf: base)
            }
        }
        return spelled.split(separator: " ").joined(separator: " ")
    }

    private static let breaks = Set("\n\r\u{0C}".unicodeScalars)

    private static let basic = Set(
        ("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
            + "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà").unicodeScalars)

    private static let extended = Set("\u{0C}^{}\\[~]|€".unicodeScalars)

    /// What decomposing does not find.
    private static let likenesses: [Unicode.Scalar: String] = [
        "\u{2018}": "'", "\u{2019}": "'", "\u{201C}": "\"", "\u{201D}": "\"", "\u{201E}": "\"",
        "`": "'", "´": "'", "\u{2010}": "-", "\u{2011}": "-", "\u{2013}": "-", "\u{2014}": "-",
        "·": ".", "•": "-", "œ": "oe", "Œ": "OE", "đ": "d", "Đ": "D", "ł": "l", "Ł": "L",
        "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i", "ŋ": "n", "Ŋ": "N", "ŧ": "t", "Ŧ": "T",
    ]
}
