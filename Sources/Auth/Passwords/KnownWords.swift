import Foundation
import Resources

/// The lists that ship with the service: passwords that leaked, and the words that people make
/// passwords of (P5). Where they come from stands in `Lists/SOURCES.md`.
struct KnownWords: Sendable {
    /// Leaked passwords of eight or more characters.
    let passwords: SortedLines
    /// The most frequent words of Dutch, Norwegian and English.
    let frequent: SortedLines
    /// What people here take first, and the words of a practice.
    let favourites: SortedLines

    /// The lists beside the binary: a list that is missing stops the start, since without it every
    /// password would pass.
    static func shipped() throws(Missing) -> KnownWords {
        do {
            let text = try String(contentsOf: file("favourites"), encoding: .utf8)
            let words = KnownWords(
                passwords: try SortedLines(mapping: file("common-passwords")),
                frequent: try SortedLines(mapping: file("words")),
                favourites: SortedLines(
                    sorting: text.split(separator: "\n").filter { !$0.hasPrefix("#") }
                        .flatMap { $0.split(separator: " ") }.map { Array($0.utf8) }))
            guard !words.passwords.isEmpty, !words.frequent.isEmpty, !words.favourites.isEmpty
            else { throw Missing() }
            return words
        } catch {
            throw Missing()
        }
    }

    struct Missing: Error, CustomStringConvertible {
        let description = "Lists: missing, or not as they were shipped"
    }

    /// Whether it is a word of one of the lists of words.
    func isWord(_ text: FoldedText) -> Bool {
        favourites.contains(text.bytes) || frequent.contains(text.bytes)
    }

    private static func file(_ name: String) -> URL {
        Resources.passwordLists.appending(path: "\(name).txt")
    }
}
