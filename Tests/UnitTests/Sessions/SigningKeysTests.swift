import Cryptography
import Foundation
import JWTKit
import Testing

@testable import Auth

/// What signs a token, and which tokens are believed (T1, T3).
@Suite struct SigningKeysTests {
    private let issuer = "https://auth.example"

    private func token(issuer: String = "https://auth.example") throws -> AccessToken {
        let start = Date()
        return AccessToken(
            session: try Sample.session(authenticatedAt: start, expiresAt: start + 86_400),
            practice: Sample.practice(), client: Sample.id, issuer: issuer, id: UUID(), now: start)
    }

    private static func keys(_ pem: String...) async throws -> SigningKeys {
        try await SigningKeys(pem: Secret(pem.joined(separator: "\n")))
    }

    private static func newPEM() -> String { ES256PrivateKey().pemRepresentation }

    @Test func `a token of ours is believed until it expires`() async throws {
        let keys = try await Self.keys(Self.newPEM())
        let token = try token()
        let text = try await keys.sign(token)
        #expect(await keys.verified(text, issuer: issuer, now: Date()) == token)
        #expect(await keys.verified(text, issuer: issuer, now: Date() + 599) == token)
        #expect(await keys.verified(text, issuer: issuer, now: Date() + 601) == nil)
    }

    @Test func `the header says what it is and who signed`() async throws {
        let keys = try await Self.keys(Self.newPEM())
        let text = try await keys.sign(try token())
        let header = try #require(Base64URL.decode(text.prefix { $0 != "." }))
        let members = try #require(
            try JSONSerialization.jsonObject(with: Data(header)) as? [String: String])
        #expect(
            members == ["alg": "ES256", "typ": "at+jwt", "kid": keys.published.keys[0].kid])
    }

    @Test func `another issuer and another key are not believed`() async throws {
        let keys = try await Self.keys(Self.newPEM())
        let strange = try await Self.keys(Self.newPEM())
        let foreign = try await keys.sign(try token(issuer: "https://auth.example/dev"))
        #expect(await keys.verified(foreign, issuer: issuer, now: Date()) == nil)
        let forged = try await strange.sign(try token())
        #expect(await keys.verified(forged, issuer: issuer, now: Date()) == nil)
    }

    @Test func `after a rotation the first key signs and the older is still believed`()
        async throws
    {
        let (older, newer) = (Self.newPEM(), Self.newPEM())
        let before = try await Self.keys(older)
        let after = try await Self.keys(newer, older)
        #expect(after.published.keys.count == 2)
        let old = try await before.sign(try token())
        #expect(await after.verified(old, issuer: issuer, now: Date()) != nil)
        let new = try await after.sign(try token())
        #expect(await before.verified(new, issuer: issuer, now: Date()) == nil)
        let only = try await Self.keys(newer)
        #expect(await only.verified(new, issuer: issuer, now: Date()) != nil)
    }

    @Test func `a token of another type or algorithm is not believed`() async throws {
        let pem = Self.newPEM()
        let keys = try await Self.keys(pem)
        let kid = JWKIdentifier(string: keys.published.keys[0].kid)
        let raw = JWTKeyCollection()
        await raw.add(ecdsa: try ES256PrivateKey(pem: pem), kid: kid)
        var header = JWTHeader()
        for type in ["JWT", "jwt", "at+JWT", "application/at+jwt"] {
            header.typ = type
            let text = try await raw.sign(try token(), kid: kid, header: header)
            #expect(await keys.verified(text, issuer: issuer, now: Date()) == nil, "\(type)")
        }
        // The public key as an HMAC secret, and no signature at all: what careless readers take.
        let shared = JWTKeyCollection()
        await shared.add(
            hmac: HMACKey(from: Data(keys.published.keys[0].x.utf8)), digestAlgorithm: .sha256,
            kid: kid)
        header.typ = "at+jwt"
        let confused = try await shared.sign(try token(), kid: kid, header: header)
        #expect(await keys.verified(confused, issuer: issuer, now: Date()) == nil)
        for algorithm in ["none", "HS256", "ES384"] {
            let text = try await Self.replacingHeader(
                of: keys.sign(try token()),
                with: #"{"alg":"\#(algorithm)","typ":"at+jwt","kid":"\#(kid.string)"}"#)
            let unsigned = text.split(separator: ".").prefix(2).joined(separator: ".") + "."
            #expect(await keys.verified(text, issuer: issuer, now: Date()) == nil)
            #expect(await keys.verified(unsigned, issuer: issuer, now: Date()) == nil)
        }
    }

    @Test func `a key that comes along in the header is not looked at`() async throws {
        let keys = try await Self.keys(Self.newPEM())
        let strange = try await Self.keys(Self.newPEM())
        let own = strange.published.keys[0]
        let jwk = #"{"kty":"EC","crv":"P-256","x":"\#(own.x)","y":"\#(own.y)"}"#
        for kid in [keys.published.keys[0].kid, own.kid] {
            let text = try await Self.replacingHeader(
                of: strange.sign(try token()),
                with: #"{"alg":"ES256","typ":"at+jwt","kid":"\#(kid)","jwk":\#(jwk)}"#)
            #expect(await keys.verified(text, issuer: issuer, now: Date()) == nil)
        }
    }

    @Test func `a token with any claim changed is not believed`() async throws {
        let keys = try await Self.keys(Self.newPEM())
        let parts = try await keys.sign(try token()).split(separator: ".").map(String.init)
        let claims = try #require(Base64URL.decode(parts[1]))
        for index in stride(from: 0, to: claims.count, by: 7) {
            var changed = claims
            changed[index] ^= 1
            let text = "\(parts[0]).\(Base64URL.encode(changed)).\(parts[2])"
            #expect(await keys.verified(text, issuer: issuer, now: Date()) == nil)
        }
    }

    @Test(arguments: ["", ".", "..", "a.b.c", "par_AAAA", String(repeating: "A", count: 9000)])
    func `what is no token is not believed`(text: String) async throws {
        let keys = try await Self.keys(Self.newPEM())
        #expect(await keys.verified(text, issuer: issuer, now: Date()) == nil)
    }

    @Test func `what is published is the public half, under its thumbprint`() async throws {
        let pem = Self.newPEM()
        let keys = try await Self.keys(pem)
        let answer = Data(try Answer.json(keys.published).body)
        let set = try #require(
            try JSONSerialization.jsonObject(with: answer) as? [String: [[String: String]]])
        let key = try #require(set["keys"]?.first)
        #expect(Set(key.keys) == ["kty", "crv", "use", "alg", "kid", "x", "y"])
        #expect(try #require(Base64URL.decode(key["x"] ?? "")).count == 32)
        #expect(try #require(Base64URL.decode(key["y"] ?? "")).count == 32)
        // RFC 7638: the required members in order, without white space.
        let canonical =
            #"{"crv":"P-256","kty":"EC","x":"\#(key["x"] ?? "")","y":"\#(key["y"] ?? "")"}"#
        #expect(key["kid"] == Base64URL.encode(SHA256.hash(Array(canonical.utf8))))
    }

    @Test func `what cannot sign is refused by its place`() async throws {
        let pem = Self.newPEM()
        let broken = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
        await #expect(throws: SigningKeyFile.Fault.none) { try await Self.keys("") }
        await #expect(throws: SigningKeyFile.Fault.unexpected(line: 1)) {
            try await Self.keys("no key")
        }
        await #expect(throws: SigningKeyFile.Fault.unreadable(place: 1)) {
            try await Self.keys(broken)
        }
        await #expect(throws: SigningKeyFile.Fault.unreadable(place: 2)) {
            try await Self.keys(pem, broken)
        }
        await #expect(throws: SigningKeyFile.Fault.repeated(place: 2)) {
            try await Self.keys(pem, pem)
        }
    }

    private static func replacingHeader(of token: String, with header: String) -> String {
        let rest = token.split(separator: ".").dropFirst().joined(separator: ".")
        return Base64URL.encode(Array(header.utf8)) + "." + rest
    }
}
