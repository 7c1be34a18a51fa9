import Foundation

/// A first or last name, fit to be printed on a line of a letter (Z-26).
struct PersonName: Sendable, Hashable {
    /// Characters (Unicode scalars).
    static let longest = 100

    /// In Unicode's composed form (NFC), with single spaces and none around it.
    let text: String

    /// - Throws: why it is no name; nothing is cut and no letter is changed.
    init(_ typed: String) throws(Fault) {
        // A line end or a tab is a control character, and no space of a name.
        guard typed.unicodeScalars.allSatisfy(\.isFitForALine) else { throw .unprintable }
        let text = typed.precomposedStringWithCanonicalMapping
            .split(whereSeparator: \.isWhitespace).joined(separator: " ")
        guard !text.isEmpty else { throw .empty }
        guard text.unicodeScalars.count <= Self.longest else { throw .tooLong }
        guard text.unicodeScalars.contains(where: \.properties.isAlphabetic) else {
            throw .noLetter
        }
        self.text = text
    }

    /// Why a text is no name; a closed list.
    enum Fault: Error, Hashable, Sendable {
        case empty
        case tooLong
        /// A control character, or one that turns the direction of reading around.
        case unprintable
        case noLetter
    }
}
