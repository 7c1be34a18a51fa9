import Cryptography
import Foundation
import Testing

@testable import Auth

/// How a password hash lies in its row (P8), and what of a password is hashed (P2, P3).
@Suite struct SealedPasswordTests {
    private static let phc =
        "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
        + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

    @Test func `a hash opens for its own account only`() throws {
        let keys = try Sample.ring()
        let account = UUID()
        let sealed = SealedPassword.seal(Self.phc, account: account, keys: keys)
        #expect(try sealed.open(account: account, keys: keys) == Self.phc)
        #expect(throws: SealingKey.Fault.forged) {
            try sealed.open(account: UUID(), keys: keys)
        }
    }

    @Test func `the row shows neither salt nor tag nor scheme`() throws {
        let keys = try Sample.ring()
        let account = UUID()
        let first = SealedPassword.seal(Self.phc, account: account, keys: keys)
        let second = SealedPassword.seal(Self.phc, account: account, keys: keys)
        #expect(first.bytes != second.bytes)
        #expect(!String(decoding: first.bytes, as: UTF8.self).contains("argon2"))
    }

    @Test func `after a rotation of the ring it still opens`() throws {
        let account = UUID()
        let sealed = SealedPassword.seal(Self.phc, account: account, keys: try Sample.ring())
        #expect(try sealed.open(account: account, keys: Sample.rotatedRing()) == Self.phc)
    }

    @Test func `a password is hashed as it was typed, in one Unicode form`() {
        func bytes(_ text: String) -> [UInt8] { Secret(text).passwordBytes.expose() }
        #expect(bytes("Ga\u{0308}ste") == Array("G\u{00E4}ste".utf8))
        #expect(bytes(" spaces stay ") == Array(" spaces stay ".utf8))
        #expect(bytes("Case") != bytes("case"))
        #expect(bytes("ﬁsh") != bytes("fish"))
        #expect(bytes(String(repeating: "a", count: 128)).count == 128)
    }
}
