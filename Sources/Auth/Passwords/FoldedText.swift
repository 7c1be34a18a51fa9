import Foundation

/// A text as it is compared with lists: small letters without accents, as `lists.py` writes them.
struct FoldedText: Sendable, Equatable {
    let bytes: [UInt8]

    init(_ text: String) {
        bytes = Array(text.lowercased().withoutAccents.utf8)
    }

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Digits and signs that are typed for letters, read as letters; 1 as i and as l.
    var unmasked: [FoldedText] {
        [UInt8(ascii: "i"), UInt8(ascii: "l")].map { one in
            FoldedText(
                bytes.map { $0 == UInt8(ascii: "1") ? one : Self.letters[$0] ?? $0 })
        }
    }

    var reversed: FoldedText { FoldedText(bytes.reversed()) }

    /// What stands from its first letter to its last, and how many bytes stand around that.
    var core: (text: FoldedText, around: Int) {
        guard let first = bytes.firstIndex(where: Self.isLetter),
            let last = bytes.lastIndex(where: Self.isLetter)
        else { return (FoldedText([]), bytes.count) }
        let core = FoldedText(Array(bytes[first...last]))
        return (core, bytes.count - core.bytes.count)
    }

    /// Its words: letters and digits without anything between.
    var words: [[UInt8]] {
        bytes.split { !Self.isLetter($0) && !Self.isDigit($0) }.map(Array.init)
    }

    /// The text without what people put between words, and between the parts of a date.
    var joined: FoldedText { FoldedText(bytes.filter { !" -_./".utf8.contains($0) }) }

    static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte >= 0x80
    }

    static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static let letters: [UInt8: UInt8] = [
        UInt8(ascii: "0"): UInt8(ascii: "o"), UInt8(ascii: "3"): UInt8(ascii: "e"),
        UInt8(ascii: "4"): UInt8(ascii: "a"), UInt8(ascii: "@"): UInt8(ascii: "a"),
        UInt8(ascii: "5"): UInt8(ascii: "s"), UInt8(ascii: "$"): UInt8(ascii: "s"),
        UInt8(ascii: "7"): UInt8(ascii: "t"), UInt8(ascii: "!"): UInt8(ascii: "i"),
    ]
}

extension String {
    /// The text with plain letters for those with accents, strokes and ligatures.
    var withoutAccents: String {
        var plain = String.UnicodeScalarView()
        for scalar in decomposedStringWithCanonicalMapping.unicodeScalars
        where scalar.properties.generalCategory != .nonspacingMark {
            if let letters = Self.plainLetters[scalar] {
                plain.append(contentsOf: letters.unicodeScalars)
            } else {
                plain.append(scalar)
            }
        }
        return String(plain)
    }

    private static let plainLetters: [Unicode.Scalar: String] = [
        "ø": "o", "æ": "ae", "œ": "oe", "ß": "ss", "ð": "d", "þ": "th", "ł": "l", "đ": "d",
        "Ø": "O", "Æ": "Ae", "Œ": "Oe", "ẞ": "SS", "Ð": "D", "Þ": "Th", "Ł": "L", "Đ": "D",
    ]
}
