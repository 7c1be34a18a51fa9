import Cryptography
import Foundation

/// An opaque refresh token: whose session, a secret that only we can compute, and a check.
///
/// The first secret is an HMAC of the session's id and each further one an HMAC of its parent (Z-32),
/// so a repeated request gets the same token without the token being kept; the database has the
/// SHA-256 of it. The check tells a token of ours from a made-up one, which therefore can't end the
/// session that it names.
struct RefreshToken: Sendable {
    let sessionID: UUID
    private let secret: [UInt8]
    private let check: [UInt8]
    /// The key of the ring that made it, and makes its successor: an answer that comes again is the
    /// same, whichever key is current by then.
    private let key: MACKey

    private static let prefix = "par_"
    private static let sessionBytes = 16
    private static let secretBytes = 32
    private static let checkBytes = 16

    private init(sessionID: UUID, secret: [UInt8], key: MACKey) {
        self.sessionID = sessionID
        self.secret = secret
        self.key = key
        check = Self.check(sessionID, secret, key)
    }

    /// - Parameter key: for refresh tokens.
    static func first(of session: UUID, key: MACKey) -> RefreshToken {
        let secret = key.authenticate(fields: ["first", session.uuidString])
        return RefreshToken(sessionID: session, secret: secret, key: key)
    }

    func successor() -> RefreshToken {
        let next = key.authenticate(fields: [Array("next".utf8), secret])
        return RefreshToken(sessionID: sessionID, secret: next, key: key)
    }

    /// Reads a token that we made; nil for everything else, without asking the database.
    init?(_ text: String, keys: KeyRing) {
        guard
            text.hasPrefix(Self.prefix),
            let bytes = Base64URL.decode(text.dropFirst(Self.prefix.count)),
            bytes.count == Self.sessionBytes + Self.secretBytes + Self.checkBytes
        else { return nil }
        let secret = Array(bytes[Self.sessionBytes..<Self.sessionBytes + Self.secretBytes])
        let check = Array(bytes.suffix(Self.checkBytes))
        let session = UUID(bytes: Array(bytes.prefix(Self.sessionBytes)))
        guard
            let key = keys.macKeys(.refresh).first(where: {
                ConstantTime.equal(check, Self.check(session, secret, $0))
            })
        else { return nil }
        self.sessionID = session
        self.secret = secret
        self.key = key
        self.check = check
    }

    /// What the database keeps.
    var hash: [UInt8] { SHA256.hash(secret) }

    /// As the caller gets it; only in the answer to the request that earned it.
    var text: String {
        Self.prefix + Base64URL.encode(sessionID.bytes + secret + check)
    }

    private static func check(_ session: UUID, _ secret: [UInt8], _ key: MACKey) -> [UInt8] {
        let tag = key.authenticate(fields: [Array("check".utf8), session.bytes, secret])
        return Array(tag.prefix(checkBytes))
    }
}

extension UUID {
    /// - Parameter bytes: sixteen of them.
    init(bytes: [UInt8]) {
        var value: uuid_t = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        withUnsafeMutableBytes(of: &value) { $0.copyBytes(from: bytes.prefix(16)) }
        self.init(uuid: value)
    }
}
