import Cryptography
import Foundation
import JWTKit

/// The text that signing keys are handed in: P-256 private keys in PEM, each after a line that says from
/// when on it signs, and the ids of those that were revoked.
///
/// ```
/// Active-From: 2026-11-22T21:00:00Z
/// -----BEGIN PRIVATE KEY-----
/// …
/// Revoked: <id> 2026-11-22T21:05:00Z
/// ```
///
/// Of keys without such a line, or with the same instant, the first signs. RFC 7468 (section 2) has text
/// between the blocks passed over, so other programs read the keys all the same.
package struct SigningKeyFile: Sendable {
    /// One key; its id is the thumbprint (RFC 7638), so that it names the key itself.
    package struct Key: Sendable {
        package let id: String
        /// Base64url, as they are published.
        let x: String
        let y: String
        /// When it begins to sign; nil: it always did.
        var from: Date?
        let pem: Secret<String>
    }

    package struct Revoked: Sendable {
        package let id: String
        package let at: Date
    }

    package private(set) var keys: [Key] = []
    package private(set) var revoked: [Revoked] = []

    /// Why a text is none; never the text itself.
    package enum Fault: Error, Equatable {
        case none
        /// The key at that place, from 1, is no P-256 private key in PEM.
        case unreadable(place: Int)
        /// It is another one's, or revoked.
        case repeated(place: Int)
        /// The line with that number is neither of the two that may stand between keys.
        case unexpected(line: Int)
    }

    package init(parsing text: Secret<String>) throws(Fault) {
        var block: [Substring] = []
        var from: Date?
        let lines = text.expose().split(separator: "\n", omittingEmptySubsequences: false)
        for (number, line) in zip(1..., lines) {
            let line = line.drop { $0.isWhitespace }.prefix { $0 != "\r" }
            if !block.isEmpty || line.hasPrefix("-----BEGIN ") {
                block.append(line)
                guard line.hasPrefix("-----END ") else { continue }
                try add(block.joined(separator: "\n") + "\n", from: from)
                (block, from) = ([], nil)
            } else if let instant = Self.instant(in: line, after: "Active-From: "), from == nil {
                from = instant
            } else if let mark = Self.mark(in: line) {
                revoked.append(mark)
            } else if !line.isEmpty {
                throw .unexpected(line: number)
            }
        }
        guard block.isEmpty, from == nil else { throw .unreadable(place: keys.count + 1) }
        guard !keys.isEmpty else { throw .none }
        let marks = Set(revoked.map(\.id))
        if let place = keys.firstIndex(where: { marks.contains($0.id) }) {
            throw .repeated(place: place + 1)
        }
    }

    private mutating func add(_ pem: String, from: Date?) throws(Fault) {
        let place = keys.count + 1
        guard let key = Key(pem: Secret(pem), from: from) else { throw .unreadable(place: place) }
        guard !keys.contains(where: { $0.id == key.id }) else { throw .repeated(place: place) }
        keys.append(key)
    }

    private static func instant(in line: Substring, after name: String) -> Date? {
        guard line.hasPrefix(name) else { return nil }
        let text = line.dropFirst(name.count)
        guard let instant = try? Date(String(text), strategy: .iso8601),
            instant.formatted(.iso8601) == text
        else { return nil }
        return instant
    }

    private static func mark(in line: Substring) -> Revoked? {
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, words[0] == "Revoked:", Base64URL.decode(words[1])?.count == 32,
            let instant = instant(in: line, after: "Revoked: \(words[1]) ")
        else { return nil }
        return Revoked(id: String(words[1]), at: instant)
    }

    /// As it is written; secret.
    package var text: Secret<String> {
        let keys = keys.map { key in
            (key.from.map { "Active-From: \($0.formatted(.iso8601))\n" } ?? "") + key.pem.expose()
        }
        let marks = revoked.map { "Revoked: \($0.id) \($0.at.formatted(.iso8601))\n" }
        return Secret((keys + marks).joined())
    }
}

extension SigningKeyFile.Key {
    /// Nil for what is no P-256 private key in PKCS #8 form.
    init?(pem: Secret<String>, from: Date?) {
        guard pem.expose().hasPrefix("-----BEGIN PRIVATE KEY-----"),
            let parameters = (try? ES256PrivateKey(pem: pem.expose()))?.parameters,
            let x = Data(base64Encoded: parameters.x), let y = Data(base64Encoded: parameters.y)
        else { return nil }
        (self.x, self.y) = (Base64URL.encode(Array(x)), Base64URL.encode(Array(y)))
        let canonical = #"{"crv":"P-256","kty":"EC","x":"\#(self.x)","y":"\#(self.y)"}"#
        id = Base64URL.encode(SHA256.hash(Array(canonical.utf8)))
        self.from = from
        self.pem = pem
    }

    /// A new key.
    fileprivate static func random(from: Date) throws(SigningKeyFile.Fault) -> Self {
        let pem = Secret(ES256PrivateKey().pemRepresentation + "\n")
        guard let key = Self(pem: pem, from: from) else { throw .none }
        return key
    }
}

// MARK: - States

extension SigningKeyFile {
    package enum State: Sendable, Equatable {
        /// Published, so that every verifier has it when it begins to sign.
        case next(from: Date)
        /// Signs.
        case active
        /// Verifies what it signed; until when, if another one's instant tells.
        case retiring(until: Date?)
        /// No token of it can be in force any more.
        case over
    }

    /// How long verifiers may keep the published keys.
    static let cacheSeconds = 300.0
    /// A new key is published that long before it signs: the cache, the time in which instances read their
    /// files again, and clocks that differ.
    package static let leadSeconds = cacheSeconds + 60
    /// A key verifies that long after its successor began to sign: a token's life, and clocks that differ.
    static let afterlifeSeconds = Double(SessionLimits.accessTokenSeconds) + 60

    package func state(of key: Key, at now: Date) -> State {
        let start = key.from ?? .distantPast
        if start > now { return .next(from: start) }
        let successor = keys.compactMap(\.from).filter { $0 > start }.min()
        if let successor, successor <= now {
            let end = successor + Self.afterlifeSeconds
            return end > now ? .retiring(until: end) : .over
        }
        let first = keys.first { ($0.from ?? .distantPast) == start }
        return first?.id == key.id ? .active : .retiring(until: nil)
    }

    /// The key that signs; the one that does so soonest where none does yet.
    func active(at now: Date) -> Key? {
        keys.first { state(of: $0, at: now) == .active }
            ?? keys.min { ($0.from ?? .distantPast) < ($1.from ?? .distantPast) }
    }
}

extension SigningKeyFile.Fault: CustomStringConvertible {
    /// What follows the setting's name.
    package var description: String {
        switch self {
        case .none: "has no P-256 private key in PKCS #8 form"
        case .unreadable(let place):
            "has no P-256 private key in PKCS #8 form at place \(place)"
        case .repeated(let place): "has the key at place \(place) twice, or revoked"
        case .unexpected(let line):
            "has something in line \(line) that is no key, no Active-From and no Revoked"
        }
    }
}

// MARK: - Changes

extension SigningKeyFile {
    /// Why a file stays as it is.
    package enum Refusal: Error, Equatable {
        /// The last new key does not sign yet.
        case underWay(id: String, from: Date)
        /// No key, or several, have an id that begins so.
        case keyUnknown
    }

    /// Adds a random key that signs from an instant on, and leaves out what no token in force needs;
    /// returns its id.
    package mutating func rotate(at now: Date, from instant: Date) throws -> String {
        for key in keys {
            if case .next(let from) = state(of: key, at: now) {
                throw Refusal.underWay(id: key.id, from: from)
            }
        }
        prune(at: now)
        let key = try Key.random(from: instant)
        keys.insert(key, at: 0)
        return key.id
    }

    /// Takes a key out, so that its tokens are refused; of the one that signs, the next one takes the place
    /// at once, or a new one. Returns the ids of both.
    ///
    /// - Parameter beginning: of its id, as much as tells it from the others.
    package mutating func revoke(
        _ beginning: String, at now: Date
    ) throws -> (revoked: String, active: String) {
        let named = keys.filter { $0.id.hasPrefix(beginning) }
        guard let key = named.first, named.count == 1, !beginning.isEmpty else {
            throw Refusal.keyUnknown
        }
        let wasActive = active(at: now)?.id == key.id
        // First, since what ended by this key's instant would seem to go on without it.
        prune(at: now)
        keys.removeAll { $0.id == key.id }
        if wasActive {
            if let next = keys.firstIndex(where: { ($0.from ?? .distantPast) > now }) {
                keys[next].from = now
            } else {
                keys.insert(try Key.random(from: now), at: 0)
            }
        }
        prune(at: now)
        revoked.append(Revoked(id: key.id, at: now))
        guard let active = active(at: now) else { throw Fault.none }
        return (key.id, active.id)
    }

    private mutating func prune(at now: Date) {
        let needed = keys.filter { state(of: $0, at: now) != .over }
        keys = needed
        revoked.removeAll { $0.at + Self.afterlifeSeconds < now }
    }
}
