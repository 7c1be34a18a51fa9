import CLibSSL

/// What an scrypt hash (RFC 7914) costs.
struct ScryptCost {
    /// The least memory in KiB, and the least blocks: N = 2¹⁴, r = 8, p = 1, which its author gave for
    /// interactive sign-ins.
    static let memoryFloor: UInt64 = 16_384
    static let blocksFloor: UInt64 = 1 << 17

    let logN, r, p: UInt32

    init(logN: UInt32, r: UInt32, p: UInt32) throws(HashRefusal) {
        // RFC 7914, section 2: N is below 2^(128 * r / 8).
        guard logN >= 1, r >= 1, p >= 1, logN < 16 * UInt64(r) else { throw .malformed }
        // Beyond are costs that no number here holds.
        guard logN <= 24, r <= 1_024, p <= 1_024 else { throw .costTooHigh }
        (self.logN, self.r, self.p) = (logN, r, p)
    }

    /// With r and p as everybody has them.
    init(logN: UInt32) {
        (self.logN, r, p) = (logN, 8, 1)
    }

    /// KiB that it holds.
    var memory: UInt64 { UInt64(r) << logN / 8 }
    private var blocks: UInt64 { UInt64(r) * UInt64(p) << logN }
    var isAboveFloor: Bool { memory >= Self.memoryFloor && blocks >= Self.blocksFloor }
    /// Measured: a block is written and read again in the time in which Argon2id writes 0.61 to 0.75 KiB.
    var cost: UInt64 { blocks * 3 / 4 }
}

/// An scrypt hash as passlib and the PHC form write it, `$scrypt$ln=14,r=8,p=1$<salt>$<tag>`.
package struct ScryptHash: ImportedHash {
    package var cost: UInt64 { work.cost }
    private let work: ScryptCost
    private let salt: [UInt8]
    private let tag: [UInt8]

    init(parsing parts: [ArraySlice<UInt8>]) throws(HashRefusal) {
        guard parts.count == 5 else { throw .malformed }
        let numbers = try HashText.numbers(["ln", "r", "p"], in: parts[2])
        work = try ScryptCost(logN: numbers[0], r: numbers[1], p: numbers[2])
        salt = try HashText.bytes(ofBase64: parts[3])
        tag = try HashText.bytes(ofBase64: parts[4])
        try HashText.judge(salt: salt.count, tag: tag.count)
        try judge(isAboveFloor: work.isAboveFloor, memory: work.memory)
    }

    /// One to measure by.
    init(sampleOfLogN logN: UInt32) {
        work = ScryptCost(logN: logN)
        salt = [UInt8](repeating: 0, count: 16)
        tag = [UInt8](repeating: 0, count: 32)
    }

    package func isOf(_ password: Secret<[UInt8]>) throws -> Bool {
        let password = password.expose().map(CChar.init(bitPattern:))
        var made = [UInt8](repeating: 0, count: tag.count)
        let result = EVP_PBE_scrypt(
            password, password.count, salt, salt.count, 1 << UInt64(work.logN), UInt64(work.r),
            UInt64(work.p), UInt64(PHC.memoryCeiling) * 2048, &made, made.count)
        guard result == 1 else { throw Argon2id.MemoryExhausted() }
        return ConstantTime.equal(made, tag)
    }
}

/// An scrypt hash as `crypt` writes it, `$7$<cost><salt>$<tag>`.
package struct CryptScryptHash: ImportedHash {
    package var cost: UInt64 { work.cost }
    private let work: ScryptCost
    private let text: String

    init(parsing text: String) throws(HashRefusal) {
        let parts = HashText.parts(of: text)
        guard parts.count == 4, parts[2].count > 11, parts[3].count == 43,
            (parts[2] + parts[3]).allSatisfy({ Self.alphabet.contains($0) })
        else { throw .malformed }
        let symbols = parts[2].map { UInt32(Self.alphabet.firstIndex(of: $0) ?? 0) }
        // Five symbols of six bits, the least first.
        func number(at place: Int) -> UInt32 {
            symbols[place..<place + 5].reversed().reduce(0) { $0 << 6 | $1 }
        }
        work = try ScryptCost(logN: symbols[0], r: number(at: 1), p: number(at: 6))
        self.text = text
        // The salt's text is the salt.
        try HashText.judge(salt: parts[2].count - 11, tag: 32)
        try judge(isAboveFloor: work.isAboveFloor, memory: work.memory)
    }

    package func isOf(_ password: Secret<[UInt8]>) throws -> Bool {
        try CryptLibrary.isOf(password, text)
    }

    private static let alphabet = Array(
        "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
}
