import CLibSSL

/// A PBKDF2 hash (RFC 8018) with HMAC-SHA-256 or HMAC-SHA-512, as several systems write it.
package struct PBKDF2Hash: ImportedHash {
    enum Digest {
        case sha256, sha512

        /// The fewest iterations: a sixth of what OWASP asks for today, what Django had from 2018 on. A
        /// stolen row is sealed besides, and gone with the next right login.
        var floor: UInt32 { self == .sha256 ? 100_000 : 35_000 }
        /// Measured: KiB of Argon2id in the time of a hundred iterations.
        var costOfHundred: UInt64 { self == .sha256 ? 58 : 139 }
        /// Bytes of a tag at most; more would be a second hash that no guess needs.
        var tagCount: Int { self == .sha256 ? 32 : 64 }
    }

    package var cost: UInt64 { UInt64(iterations) * digest.costOfHundred / 100 }
    private let digest: Digest
    private let iterations: UInt32
    private let salt: [UInt8]
    private let tag: [UInt8]

    /// `$pbkdf2-sha256$<iterations>$<salt>$<tag>` of passlib, and `$pbkdf2-sha256$i=600000,l=32$…` of the
    /// PHC form.
    init(parsing parts: [ArraySlice<UInt8>]) throws(HashRefusal) {
        guard parts.count == 5 else { throw .malformed }
        let isPHC = parts[2].contains(UInt8(ascii: "="))
        let plus: Character = isPHC ? "+" : "."
        let tag = try HashText.bytes(ofBase64: parts[4], plus: plus)
        let iterations: UInt32
        if isPHC {
            let numbers = try HashText.numbers(["i", "l"], in: parts[2])
            guard numbers[1] == tag.count else { throw .malformed }
            iterations = numbers[0]
        } else {
            iterations = try HashText.number(in: parts[2])
        }
        try self.init(
            parts[1].elementsEqual("pbkdf2-sha256".utf8) ? .sha256 : .sha512, iterations,
            salt: try HashText.bytes(ofBase64: parts[3], plus: plus), tag: tag)
    }

    /// `pbkdf2_sha256$<iterations>$<salt>$<tag>` of Django, whose salt is the text as it stands.
    init(django parts: [ArraySlice<UInt8>]) throws(HashRefusal) {
        guard parts.count == 4 else { throw .malformed }
        try self.init(
            .sha256, try HashText.number(in: parts[1]), salt: Array(parts[2]),
            tag: try HashText.bytes(ofPaddedBase64: parts[3]))
    }

    /// ASP.NET Core Identity, version 3: base64 of 1, digest, iterations, length of the salt, salt, tag.
    init(identity parts: [ArraySlice<UInt8>]) throws(HashRefusal) {
        guard parts.count == 1 else { throw .malformed }
        let bytes = try HashText.bytes(ofPaddedBase64: parts[0])
        guard bytes.count > 13, bytes[0] == 1 else { throw .malformed }
        func number(at place: Int) -> UInt32 {
            bytes[place..<place + 4].reduce(0) { $0 << 8 | UInt32($1) }
        }
        let digest: Digest
        switch number(at: 1) {
        case 1: digest = .sha256
        case 2: digest = .sha512
        case 0: throw .schemeUnsupported("pbkdf2")
        default: throw .malformed
        }
        let saltCount = number(at: 9)
        guard saltCount <= bytes.count - 13 else { throw .malformed }
        try self.init(
            digest, number(at: 5), salt: Array(bytes[13..<13 + Int(saltCount)]),
            tag: Array(bytes[(13 + Int(saltCount))...]))
    }

    /// One to measure by.
    init(
        sampleOf digest: Digest, iterations: UInt32,
        salt: [UInt8] = [UInt8](repeating: 0, count: 16),
        tag: [UInt8] = [UInt8](repeating: 0, count: 32)
    ) {
        self.digest = digest
        self.iterations = iterations
        self.salt = salt
        self.tag = tag
    }

    private init(
        _ digest: Digest, _ iterations: UInt32, salt: [UInt8], tag: [UInt8]
    ) throws(HashRefusal) {
        self.digest = digest
        self.iterations = iterations
        self.salt = salt
        self.tag = tag
        try HashText.judge(salt: salt.count, tag: tag.count)
        guard tag.count <= digest.tagCount else { throw .tagLength(tag.count) }
        try judge(isAboveFloor: iterations >= digest.floor)
    }

    package func isOf(_ password: Secret<[UInt8]>) throws -> Bool {
        let password = password.expose().map(CChar.init(bitPattern:))
        var made = [UInt8](repeating: 0, count: tag.count)
        let result = PKCS5_PBKDF2_HMAC(
            password, Int32(password.count), salt, Int32(salt.count), Int32(iterations),
            digest == .sha256 ? EVP_sha256() : EVP_sha512(), Int32(made.count), &made)
        demand(result == 1, "PKCS5_PBKDF2_HMAC")
        return ConstantTime.equal(made, tag)
    }
}
