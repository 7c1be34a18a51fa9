import Cryptography
import Foundation
import Testing

@testable import Auth

/// A caller's key: recognised by a scanner, checked without the database (X1).
@Suite struct APIKeyTests {
    @Test func `a key has a prefix, a public part, 256 bits and a checksum`() throws {
        let text = APIKey.random(id: Sample.id).text.expose()
        let shape = /pak_[0-9a-f]{12}_[A-Za-z0-9_-]{43}[0-9a-f]{8}/
        #expect(text.wholeMatch(of: shape) != nil)
        #expect(text.dropFirst(4).prefix(12) == Sample.id.text.suffix(12))
    }

    @Test func `a key reads back, and the database keeps its SHA-256`() throws {
        let key = APIKey.random(id: UUID())
        let text = key.text.expose()
        let read = try #require(APIKey(text))
        #expect(read.hash == key.hash)
        #expect(read.hash == SHA256.hash(Array(text.utf8)))
    }

    @Test func `no two keys are alike`() {
        let keys = (0..<500).map { _ in APIKey.random(id: Sample.id).text.expose() }
        #expect(Set(keys).count == 500)
    }

    @Test func `a typing error anywhere is refused`() {
        let text = APIKey.random(id: UUID()).text.expose()
        for index in text.indices {
            let other = text[index] == "x" ? "y" : "x"
            let typed = text.replacingCharacters(in: index...index, with: other)
            #expect(APIKey(typed) == nil)
        }
        #expect(APIKey(String(text.dropLast())) == nil)
        #expect(APIKey(text + "0") == nil)
        #expect(APIKey(text.uppercased()) == nil)
        #expect(APIKey(" " + text) == nil)
    }

    @Test(arguments: ["", "pak_", "pak_00000000", "sk_live_abcdef", "0", "£££££££££"])
    func `what is no key is refused`(text: String) {
        #expect(APIKey(text) == nil)
    }

    @Test func `a key cannot be printed by accident`() {
        let key = APIKey.random(id: UUID())
        var printed = ""
        print(key, to: &printed)
        dump(key, to: &printed)
        debugPrint(key, to: &printed)
        #expect(!printed.contains(key.text.expose().suffix(20)))
    }
}
