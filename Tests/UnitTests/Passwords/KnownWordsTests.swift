import Foundation
import Testing

@testable import Auth
import Resources

/// The lists that ship with the service (P5), and how they are searched.
@Suite struct KnownWordsTests {
    private let words: KnownWords

    init() throws { words = try .shipped() }

    private static func lines(_ name: String) throws -> [Substring] {
        try String(contentsOf: Resources.passwordLists.appending(path: name), encoding: .utf8)
            .split(separator: "\n")
    }

    @Test(arguments: [("common-passwords.txt", 200_000, 8), ("words.txt", 25_000, 4)])
    func `a list is sorted, folded and as long as it should be`(
        name: String, count: Int, shortest: Int
    ) throws {
        let lines = try Self.lines(name)
        #expect(lines.count >= count)
        #expect(zip(lines, lines.dropFirst()).allSatisfy { $0 < $1 })
        #expect(lines.allSatisfy { $0.utf8.count >= shortest })
        let folded = lines.shuffled().prefix(500).filter {
            FoldedText(String($0)).bytes == Array($0.utf8)
        }
        #expect(folded.count == 500)
    }

    @Test func `every line is found, and nothing near it`() throws {
        let lines = try Self.lines("common-passwords.txt")
        let ends = [lines.first, lines.last].compactMap(\.self)
        let sample = (ends + lines.shuffled().prefix(500)).map { Array($0.utf8) }
        #expect(sample.allSatisfy(words.passwords.contains))
        #expect(!sample.contains { words.passwords.contains($0 + Array("~~".utf8)) })
        let stranger = Array("zzzzzzzzzzzzzzzzzzzzzzzzzzzz".utf8)
        #expect(!words.passwords.contains([]) && !words.passwords.contains(stranger))
        #expect(!words.passwords.contains([0]) && !words.passwords.contains([255]))
        #expect(!words.passwords.contains(Array("welkom01\nwelkom1".utf8)))
    }

    @Test func `the lines that a text begins with are found by their lengths`() {
        let list = ["zon", "zonne", "zonnebloem", "zonder", "a"].map { Array($0.utf8) }
        let lines = SortedLines(sorting: list)
        func lengths(_ text: String) -> [Int] { lines.prefixes(of: Array(text.utf8)[...]) }
        #expect(lengths("zonnebloemen") == [3, 5, 10])
        #expect(lengths("zonnebloe") == [3, 5] && lengths("zo") == [] && lengths("") == [])
        #expect(lengths("abc") == [1] && lengths("b") == [] && lengths("zz") == [])
        #expect(SortedLines(sorting: []).prefixes(of: [1, 2]) == [])
    }

    @Test(arguments: [
        "welkom", "wachtwoord", "passord", "sykehus", "ziekenhuis", "huisarts", "fastlege",
        "apotheek", "feyenoord", "rosenborg", "tromso", "vaar", "paracetamol", "azerty",
    ])
    func `it knows Dutch, Norwegian and medical words`(word: String) {
        #expect(words.isWord(FoldedText(word)))
    }

    @Test(arguments: [
        ("Ålesund", "alesund"), ("SØRLANDET", "sorlandet"), ("A\u{30A}se", "ase"),
        ("Æsj", "aesj"), ("café", "cafe"), ("Straße", "strasse"), ("Łódź", "lodz"),
    ])
    func `a text is compared without accents`(text: String, folded: String) {
        #expect(FoldedText(text).bytes == Array(folded.utf8))
    }
}
