/// Why a password hash is not accepted; holds nothing of the hash but the numbers named.
package enum HashRefusal: Error, Equatable {
    /// No hash that we know the form of, or not written as its form asks.
    case malformed
    /// Another scheme: `argon2d`, `yescrypt`, `md5-crypt`, … or `unknown`.
    case schemeUnsupported(String)
    /// Another version of Argon2 than 19 (0x13); version 16 hashes differ.
    case versionUnsupported(UInt32)
    /// More lanes of Argon2 than ``PHC/lanesCeiling``.
    case lanesUnsupported(UInt32)
    /// Cheaper to guess than the scheme's floor allows.
    case costTooLow
    /// Dearer than ``PHC/costCeiling`` or ``PHC/memoryCeiling`` allow.
    case costTooHigh
    /// A salt outside ``HashText/saltCounts``.
    case saltLength(Int)
    /// A tag outside ``HashText/tagCounts``.
    case tagLength(Int)
}

/// A password hash as it is stored: ours, or one that an earlier system made (SU-4, Z-28).
///
/// Strict, since an imported string decides how long a login takes and how hard a stolen row is. What it
/// costs is counted in KiB that Argon2id writes in the same time: at most four times ours, measured for
/// each scheme on an x86-64 server with SHA extensions.
package enum PasswordHash: Sendable {
    case argon2(PHC, text: String)
    case imported(any ImportedHash)

    package init(parsing text: String) throws(HashRefusal) {
        let parts = HashText.parts(of: text)
        // Two systems write no dollar sign in front.
        let isPlain = !parts[0].isEmpty || parts.count == 1
        switch (isPlain, String(decoding: isPlain ? parts[0] : parts[1], as: UTF8.self)) {
        case (false, "2a"), (false, "2b"), (false, "2y"):
            self = .imported(try BcryptHash(parsing: text))
        case (false, "7"): self = .imported(try CryptScryptHash(parsing: text))
        case (false, "scrypt"): self = .imported(try ScryptHash(parsing: parts))
        case (false, "pbkdf2-sha256"), (false, "pbkdf2-sha512"):
            self = .imported(try PBKDF2Hash(parsing: parts))
        case (true, "pbkdf2_sha256"): self = .imported(try PBKDF2Hash(django: parts))
        case (true, let other) where other.hasPrefix("AQAAAA"):
            self = .imported(try PBKDF2Hash(identity: parts))
        default: self = .argon2(try PHC(parsing: text), text: text)
        }
    }

    /// In KiB that Argon2id writes in the time that it takes.
    package var cost: UInt64 {
        switch self {
        case .argon2(let phc, _): phc.parameters.cost
        case .imported(let hash): hash.cost
        }
    }

    /// Whether the password made it.
    package func isOf(_ password: Secret<[UInt8]>) throws -> Bool {
        switch self {
        case .argon2(_, let text): try Argon2id.verify(password, phc: text)
        case .imported(let hash): try hash.isOf(password)
        }
    }

    /// Whether a password that turned out right is to be hashed anew, as we do it.
    ///
    /// Not one of which bcrypt compared the beginning alone: a slip behind it would become part of the
    /// password, and its owner would be shut out.
    package func isOutdated(for password: Secret<[UInt8]>) -> Bool {
        switch self {
        case .argon2(let phc, _): phc.variant != .id || phc.parameters != Argon2id.current
        case .imported(let hash as BcryptHash): hash.readsAll(of: password)
        case .imported: true
        }
    }

    /// Only names known here are repeated: the text may be somebody's password in the wrong column.
    static func name(ofScheme scheme: String) -> String {
        let names = [
            "argon2d": "argon2d", "argon2": "argon2i", "2": "bcrypt", "2x": "bcrypt",
            "bcrypt": "bcrypt", "bcrypt-sha256": "bcrypt", "s0": "scrypt", "y": "yescrypt",
            "pbkdf2": "pbkdf2", "pbkdf2-sha1": "pbkdf2", "1": "md5-crypt", "5": "sha256-crypt",
            "6": "sha512-crypt",
        ]
        return names[scheme] ?? "unknown"
    }
}

/// A hash of another scheme than Argon2, whose form and cost have been looked at.
package protocol ImportedHash: Sendable {
    /// In KiB that Argon2id writes in the time that it takes.
    var cost: UInt64 { get }
    /// Whether the password made it; throws ``Argon2id/MemoryExhausted``.
    func isOf(_ password: Secret<[UInt8]>) throws -> Bool
}

extension ImportedHash {
    /// What a scheme's cost must lie in.
    func judge(isAboveFloor: Bool, memory: UInt64 = 0) throws(HashRefusal) {
        guard isAboveFloor else { throw .costTooLow }
        guard cost <= PHC.costCeiling, memory <= UInt64(PHC.memoryCeiling) else {
            throw .costTooHigh
        }
    }
}
