import Cryptography
import Foundation
import JWTKit

/// The keys that sign access tokens; the first signs, all are published (RFC 7517).
struct SigningKeys: Sendable {
    private let collection: JWTKeyCollection
    private let current: JWKIdentifier
    private let ids: Set<String>
    /// The answer of `/.well-known/jwks.json`: public parameters only.
    let published: KeySet

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

    /// Why there is nothing to sign with; never the text itself.
    package enum Fault: Error, Equatable {
        case none
        /// The key at that place, from 1, is no P-256 private key in PEM.
        case unreadable(place: Int)
        case repeated(place: Int)
    }

    /// - Parameter pem: P-256 private keys, one after the other.
    init(pem: Secret<String>) async throws {
        var keys: [(PublishedKey, ES256PrivateKey)] = []
        for (index, block) in Self.blocks(of: pem.expose()).enumerated() {
            guard let key = try? ES256PrivateKey(pem: block), let published = Self.published(key)
            else { throw Fault.unreadable(place: index + 1) }
            guard !keys.contains(where: { $0.0.kid == published.kid }) else {
                throw Fault.repeated(place: index + 1)
            }
            keys.append((published, key))
        }
        guard let first = keys.first else { throw Fault.none }
        collection = JWTKeyCollection()
        for (published, key) in keys {
            await collection.add(
                ecdsa: key, kid: JWKIdentifier(string: published.kid),
                serializer: ClaimSerializer())
        }
        current = JWKIdentifier(string: first.0.kid)
        ids = Set(keys.map(\.0.kid))
        published = KeySet(keys: keys.map(\.0))
    }

    func sign(_ token: AccessToken) async throws -> String {
        var header = JWTHeader()
        header.typ = Self.type
        return try await collection.sign(token, kid: current, header: header)
    }

    /// The claims of a token of ours that is in force: signature, algorithm, type, issuer and time.
    /// Headers that bring a key along (`jku`, `jwk`, `x5c`) are never looked at (T3).
    func verified(_ token: String, issuer: String, now: Date) async -> AccessToken? {
        guard
            token.utf8.count <= Self.longestToken,
            let header = Self.header(of: token),
            header.alg == "ES256", header.typ == Self.type, ids.contains(header.kid),
            let claims = try? await collection.verify(token, as: AccessToken.self),
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

    private static func blocks(of pem: String) -> [String] {
        let end = "-----END PRIVATE KEY-----"
        return pem.split(separator: end).compactMap { piece in
            piece.range(of: "-----BEGIN PRIVATE KEY-----").map { begin in
                piece[begin.lowerBound...] + end + "\n"
            }
        }
    }

    /// The key's public half; its id is the thumbprint (RFC 7638), so that it names the key itself.
    private static func published(_ key: ES256PrivateKey) -> PublishedKey? {
        guard
            let parameters = key.parameters,
            let x = Data(base64Encoded: parameters.x), let y = Data(base64Encoded: parameters.y)
        else { return nil }
        let (ex, ey) = (Base64URL.encode(Array(x)), Base64URL.encode(Array(y)))
        let canonical = #"{"crv":"P-256","kty":"EC","x":"\#(ex)","y":"\#(ey)"}"#
        return PublishedKey(
            kid: Base64URL.encode(SHA256.hash(Array(canonical.utf8))), x: ex, y: ey)
    }
}

/// Writes claims as the library would, but for its Base64, which took longer than the signature.
private struct ClaimSerializer: JWTSerializer {
    let jsonEncoder: any JWTJSONEncoder = .defaultForJWT

    func serialize(_ payload: some JWTPayload, header: JWTHeader) throws -> Data {
        Data(Base64URL.encode(Array(try jsonEncoder.encode(payload))).utf8)
    }
}
