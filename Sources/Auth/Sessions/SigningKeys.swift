import Cryptography
import Foundation
import JWTKit
import Synchronization

/// The keys that sign access tokens, each in its state by the time (RFC 7517, T4).
final class SigningKeys: Sendable {
    private struct Content: Sendable {
        let file: SigningKeyFile
        let collection: JWTKeyCollection
    }

    private let content: Mutex<Content>
    private let now: @Sendable () -> Date

    struct KeySet: Encodable, Sendable {
        let keys: [PublishedKey]
    }

    struct PublishedKey: Encodable, Sendable {
        let kty = "EC"
        let crv = "P-256"
        let use = "sig"
        let alg = "ES256"
        let kid: String
        let x: String
        let y: String

        enum CodingKeys: String, CodingKey { case kty, crv, use, alg, kid, x, y }
    }

    /// - Parameters:
    ///   - pem: what ``SigningKeyFile`` reads.
    ///   - now: says which state each key is in.
    /// - Throws: `SigningKeyFile.Fault`.
    init(pem: Secret<String>, now: @escaping @Sendable () -> Date = { Date() }) async throws {
        content = Mutex(try await Self.content(of: pem))
        self.now = now
    }

    /// Takes over another text: signs and believes by it from here on.
    func replace(with pem: Secret<String>) async throws {
        let replacement = try await Self.content(of: pem)
        content.withLock { $0 = replacement }
    }

    private static func content(of pem: Secret<String>) async throws -> Content {
        let file = try SigningKeyFile(parsing: pem)
        let collection = JWTKeyCollection()
        for key in file.keys {
            await collection.add(
                ecdsa: try ES256PrivateKey(pem: key.pem.expose()),
                kid: JWKIdentifier(string: key.id), serializer: ClaimSerializer())
        }
        return Content(file: file, collection: collection)
    }

    /// The answer of `/.well-known/jwks.json`: public parameters only, of every key that a token in force
    /// can have been signed with, or is about to be.
    var published: KeySet {
        let instant = now()
        let file = content.withLock { $0.file }
        return KeySet(
            keys: file.keys.filter { file.state(of: $0, at: instant) != .over }.map {
                PublishedKey(kid: $0.id, x: $0.x, y: $0.y)
            })
    }

    func sign(_ token: AccessToken) async throws -> String {
        let content = content.withLock { $0 }
        guard let key = content.file.active(at: now()) else { throw SigningKeyFile.Fault.none }
        var header = JWTHeader()
        header.typ = Self.type
        return try await content.collection.sign(
            token, kid: JWKIdentifier(string: key.id), header: header)
    }

    /// The claims of a token of ours that is in force: signature, algorithm, type, issuer and time.
    /// Headers that bring a key along (`jku`, `jwk`, `x5c`) are never looked at (T3); a key that was
    /// revoked is not among ours.
    func verified(_ token: String, issuer: String, now: Date) async -> AccessToken? {
        let content = content.withLock { $0 }
        guard
            token.utf8.count <= Self.longestToken,
            let header = Self.header(of: token),
            header.alg == "ES256", header.typ == Self.type,
            let key = content.file.keys.first(where: { $0.id == header.kid }),
            content.file.state(of: key, at: self.now()) != .over,
            let claims = try? await content.collection.verify(token, as: AccessToken.self),
            claims.iss == issuer,
            Double(claims.exp) > now.timeIntervalSince1970
        else { return nil }
        return claims
    }

    private static let type = "at+jwt"
    private static let longestToken = 8192

    private struct Header: Decodable {
        let alg: String
        let typ: String
        let kid: String
    }

    private static func header(of token: String) -> Header? {
        guard
            let first = token.split(separator: ".", omittingEmptySubsequences: false).first,
            let bytes = Base64URL.decode(first)
        else { return nil }
        return try? JSONDecoder().decode(Header.self, from: Data(bytes))
    }
}

/// Writes claims as the library would, but for its Base64, which took longer than the signature.
private struct ClaimSerializer: JWTSerializer {
    let jsonEncoder: any JWTJSONEncoder = .defaultForJWT

    func serialize(_ payload: some JWTPayload, header: JWTHeader) throws -> Data {
        Data(Base64URL.encode(Array(try jsonEncoder.encode(payload))).utf8)
    }
}
