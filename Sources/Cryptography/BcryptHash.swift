import CCrypt

/// A bcrypt hash, `$2b$10$<salt><tag>`, computed by libcrypt.
///
/// `$2a$`, `$2b$` and `$2y$` are one algorithm; `$2x$` marks hashes of a faulty one and is refused.
package struct BcryptHash: ImportedHash {
    /// The least work factor, as OWASP has it; one more takes twice as long.
    static let costFloor: UInt32 = 10
    /// Bytes of a password that it reads; what comes behind counted for nothing in the earlier system.
    static let read = 72

    package let cost: UInt64
    private let text: String

    init(parsing text: String) throws(HashRefusal) {
        let parts = HashText.parts(of: text)
        guard parts.count == 4, parts[2].count == 2, parts[3].count == 53,
            parts[3].allSatisfy({ Self.alphabet.contains($0) }),
            // The salt's last symbol has two bits, the tag's four.
            parts[3].dropFirst(21).first.map(".Oeu".utf8.contains) == true,
            parts[3].last.map(".CGKOSWaeimquy26".utf8.contains) == true
        else { throw .malformed }
        let digits = parts[2].first == UInt8(ascii: "0") ? parts[2].dropFirst() : parts[2]
        let factor = try HashText.number(in: digits)
        guard (4...31).contains(factor) else { throw .malformed }
        self.init(text, factor)
        try judge(isAboveFloor: factor >= Self.costFloor)
    }

    /// One to measure by.
    init(sampleOfCost factor: UInt32) {
        let number = factor < 10 ? "0\(factor)" : "\(factor)"
        self.init(
            "$2b$\(number)$" + String(repeating: ".", count: 53), factor)
    }

    private init(_ text: String, _ factor: UInt32) {
        self.text = text
        // Measured: factor 10 takes 2.65 times as long as a hash of ours.
        cost = 101 << UInt64(factor)
    }

    package func isOf(_ password: Secret<[UInt8]>) throws -> Bool {
        try CryptLibrary.isOf(password, text)
    }

    /// Whether no part of the password counts for nothing.
    func readsAll(of password: Secret<[UInt8]>) -> Bool { password.expose().count <= Self.read }

    private static let alphabet = Set(
        "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
}

/// libxcrypt's `crypt`.
enum CryptLibrary {
    /// Bytes; `CRYPT_MAX_PASSPHRASE_SIZE` counts the null behind them.
    static let longestPhrase = 511

    /// Whether hashing the password with the salt and cost of a hash makes that hash.
    static func isOf(_ password: Secret<[UInt8]>, _ text: String) throws -> Bool {
        let password = password.expose()
        // It reads up to the first null, and nothing that is longer than its limit; no earlier system
        // made a hash of either. The work is done all the same, so that the time tells nothing.
        let isReadable = !password.contains(0) && password.count <= longestPhrase
        let phrase =
            password.filter { $0 != 0 }.prefix(longestPhrase).map(CChar.init(bitPattern:)) + [0]
        var room = [UInt8](repeating: 0, count: Int(shim_crypt_room()))
        let size = shim_crypt_room()
        let made = room.withUnsafeMutableBytes { room -> [UInt8]? in
            crypt_rn(phrase, text, room.baseAddress, size).map { made in
                Array(String(cString: made).utf8)
            }
        }
        guard let made else { throw Argon2id.MemoryExhausted() }
        return ConstantTime.equal(made, Array(text.utf8)) && isReadable
    }
}
