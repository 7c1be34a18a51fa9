import Cryptography
import Foundation
import Testing

@testable import Auth

/// A refresh token: ours or made up, first or further on (T6, Z-32).
@Suite struct RefreshTokenTests {
    let keys: KeyRing
    let first: RefreshToken

    init() throws {
        keys = try Sample.ring()
        first = .first(of: Sample.id, key: keys.macKey(.refresh))
    }

    @Test func `first and successor are what the key makes of session and parent`() throws {
        // Computed with Python (hmac, hashlib): tokens outlive a release.
        #expect(
            first.text
                == "par_jxTkX87qRn-osQEjRWeJqxn7ugHC6v4REPITB91IOeRrc5L10pLTp5s5-MA0EdJnR38qF1nl"
                + "C97IqoYaPcsPDA")
        let next = first.successor()
        #expect(
            next.text
                == "par_jxTkX87qRn-osQEjRWeJq_WMlK5ax3bPgGNfB0SP929knKtJPERytgeTblj3aOWkHcIIpfH-"
                + "6wRXKG9xoZWrPA")
        #expect(
            hex(next.hash) == "ced3d15a2e39c7f995ab9f42896dc604caff473d2acd0e6fabdd231a29fb6622")
    }

    @Test func `a token reads back as itself`() throws {
        var token = first
        for _ in 1...5 {
            let read = try #require(RefreshToken(token.text, keys: keys))
            #expect(read.sessionID == Sample.id)
            #expect(read.hash == token.hash)
            #expect(read.text == token.text)
            token = token.successor()
        }
    }

    @Test func `a parent has one successor, and no generation comes twice`() {
        var tokens: [String] = []
        var token = first
        for _ in 0..<50 {
            tokens.append(token.text)
            #expect(token.successor().text == token.successor().text)
            token = token.successor()
        }
        #expect(Set(tokens).count == 50)
    }

    @Test func `a token of an older key has the successor that it had before`() throws {
        let rotated = try Sample.rotatedRing()
        let read = try #require(RefreshToken(first.text, keys: rotated))
        #expect(read.successor().text == first.successor().text)
        let renewed = RefreshToken.first(of: Sample.id, key: rotated.macKey(.refresh))
        #expect(renewed.text != first.text)
    }

    @Test func `a token with any byte changed is none of ours`() throws {
        let bytes = try #require(Base64URL.decode(first.text.dropFirst(4)))
        #expect(bytes.count == 64)
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1
            let text = "par_" + Base64URL.encode(changed)
            #expect(RefreshToken(text, keys: keys) == nil, "byte \(index)")
        }
    }

    @Test func `a made-up secret for a real session is refused without the database`() {
        let made = Base64URL.encode(Sample.id.bytes + SecureRandom.bytes(48))
        #expect(RefreshToken("par_" + made, keys: keys) == nil)
    }

    @Test func `what another ring made is refused, and what an older key made is not`() throws {
        let other = try KeyRing(parsing: KeyRing.generate())
        #expect(RefreshToken(first.text, keys: other) == nil)
        let rotated = try Sample.rotatedRing()
        #expect(try #require(RefreshToken(first.text, keys: rotated)).hash == first.hash)
    }

    @Test(arguments: [
        "", "par_", "par_AAAA", "PAR_" + String(repeating: "A", count: 86),
        "par_" + String(repeating: "A", count: 86), "par_" + String(repeating: "=", count: 86),
        "eyJhbGciOiJFUzI1NiJ9.e30.AAAA",
    ])
    func `what is not a token at all is refused`(text: String) {
        #expect(RefreshToken(text, keys: keys) == nil)
    }

    @Test func `the database keeps nothing that makes a token`() {
        let secret = Base64URL.decode(first.text.dropFirst(4))?[16..<48] ?? []
        #expect(first.hash == SHA256.hash(Array(secret)))
        #expect(!first.text.contains(Base64URL.encode(first.hash)))
    }
}
