import Cryptography
import Foundation
import Testing

@testable import Auth

/// What a code is, however it was pasted (SC-6, C1, C4).
@Suite struct CodeTests {
    @Test(arguments: [
        "012345",
        " 012345",
        "012345 ",
        "  012345  ",
        "\t012345\n",
        "012345\r\n",
        "\u{00A0}012345\u{00A0}",
        "012\u{202F}345",
        "012\u{2009}345",
        "\u{3000}012345",
        "\u{200B}012345",
        "\u{FEFF}012345\u{FEFF}",
        "\u{200E}012345\u{200F}",
        "\u{2066}012345\u{2069}",
        "012 345",
        "012-345",
        "012\u{2011}345",
        "012–345",
        "012.345",
        "0 1 2 3 4 5",
        "01-23-45",
        "Code: 012345",
        "code:012345.",
        "Uw sessiecode is 012345, geldig tot u klaar bent.",
        "（０１２３４５）",
    ])
    func `twenty-five spellings are one code`(spelling: String) throws {
        #expect(try Code(parsing: spelling).digits == "012345")
    }

    @Test(arguments: ["٠١٢٣٤٥", "۰۱۲۳۴۵", "०१२३४५", "𝟎𝟏𝟐𝟑𝟒𝟓"])
    func `digits of other scripts are digits`(spelling: String) throws {
        #expect(try Code(parsing: spelling).digits == "012345")
    }

    @Test(arguments: [
        ("", 0), (" ", 0), ("abcdef", 0), ("1", 1), ("12345", 5), ("12 34", 4), ("1234567", 7),
        ("123456 123456", 12), ("O12345", 5), ("l23456", 5), ("１２３４５", 5),
        ("123456, geldig tot 11:50", 10), ("一二三四五六", 0), ("#12345", 5),
    ])
    func `what is not six digits says how many it has`(text: String, found: Int) {
        #expect(throws: Code.Malformed(digitsFound: found)) { try Code(parsing: text) }
    }

    @Test func `a random code has six digits and may begin with zeros`() throws {
        let codes = (0..<5_000).map { _ in Code.random().digits }
        let wellFormed = codes.allSatisfy { code in
            code.utf8.count == 6 && code.utf8.allSatisfy { (0x30...0x39).contains($0) }
        }
        #expect(wellFormed)
        // Of 5,000 some 500 begin with a zero; none at all would be a code cut short.
        #expect((300...700).contains(codes.count { $0.hasPrefix("0") }))
        #expect(Set(codes).count > 4_900)
        #expect(try Code(parsing: codes[0]).digits == codes[0])
    }

    @Test func `the stored hash belongs to one code, one flow and one key`() throws {
        let key = try Sample.ring().macKey(.code)
        let code = try Code(parsing: "012345")
        let hash = code.hash(flow: Sample.id, key: key)
        // Computed with Python (hmac, hashlib).
        #expect(hex(hash) == "15d057f216cc513bc6ef64edba5c063535a0e74528126c543c796f41506e915b")
        #expect(code.hash(flow: UUID(), key: key) != hash)
        #expect(try Code(parsing: "012346").hash(flow: Sample.id, key: key) != hash)
        #expect(code.hash(flow: Sample.id, key: try Sample.rotatedRing().macKey(.code)) != hash)
        #expect(code.hash(flow: Sample.id, key: try Sample.ring().macKey(.throttle)) != hash)
    }
}
