import Foundation

/// An Argon2id hash in PHC form, `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<tag>`, that we accept.
///
/// Strict, since an imported string decides how long a login takes and how hard a stolen row is.
package struct PHC: Sendable, Equatable {
    /// Why a hash is not accepted; holds nothing of the hash but the numbers named.
    package enum Refusal: Error, Equatable {
        /// Not `$scheme$…` at all, or not written as the PHC form asks.
        case malformed
        /// Another scheme: `argon2i`, `argon2d`, `bcrypt`, `scrypt`, `pbkdf2`, or `unknown`.
        case schemeUnsupported(String)
        /// Another version than 19 (0x13); version 16 hashes differ.
        case versionUnsupported(UInt32)
        /// More than one lane, which libsodium does not compute.
        case lanesUnsupported(UInt32)
        /// Cheaper to guess than ``PHC/costFloor`` or ``PHC/memoryFloor`` allow.
        case costTooLow(Argon2id.Parameters)
        /// Dearer than ``PHC/costCeiling`` or ``PHC/memoryCeiling`` allow.
        case costTooHigh(Argon2id.Parameters)
        /// A salt outside ``PHC/saltCounts``.
        case saltLength(Int)
        /// A tag outside ``PHC/tagCounts``.
        case tagLength(Int)
    }

    /// Least memory in KiB, the smallest of OWASP's equal settings (m=7168, t=5).
    package static let memoryFloor: UInt32 = 7168
    /// Least cost, of that same setting.
    package static let costFloor = Argon2id.Parameters(memory: memoryFloor, passes: 5).cost
    /// Most memory in KiB: four times ours, since as many hashes run at once as for ours.
    package static let memoryCeiling = 4 * Argon2id.current.memory
    /// Greatest cost: four times ours (Z-28).
    package static let costCeiling = 4 * Argon2id.current.cost
    /// Bytes of a salt.
    package static let saltCounts = 8...64
    /// Bytes of a tag.
    package static let tagCounts = 16...64

    /// What it costs.
    package let parameters: Argon2id.Parameters

    /// Reads a hash.
    package init(parsing text: String) throws(Refusal) {
        // By bytes: a combining mark behind a `$` would hide it from a comparison of characters.
        let parts = Array(text.utf8).split(
            separator: UInt8(ascii: "$"), omittingEmptySubsequences: false)
        guard parts.count >= 2, parts[0].isEmpty, !parts[1].isEmpty else { throw .malformed }
        let scheme = String(decoding: parts[1], as: UTF8.self)
        guard scheme == "argon2id" else {
            throw .schemeUnsupported(Self.schemes[scheme] ?? "unknown")
        }
        guard parts.count == 6 else { throw .malformed }

        let version = try Self.numbers(["v"], in: parts[2])[0]
        guard version == 19 else { throw .versionUnsupported(version) }
        let costs = try Self.numbers(["m", "t", "p"], in: parts[3])
        parameters = Argon2id.Parameters(memory: costs[0], passes: costs[1])
        try Self.judge(parameters, lanes: costs[2])

        let salt = try Self.byteCount(ofBase64: parts[4])
        guard Self.saltCounts.contains(salt) else { throw .saltLength(salt) }
        let tag = try Self.byteCount(ofBase64: parts[5])
        guard Self.tagCounts.contains(tag) else { throw .tagLength(tag) }
    }

    private static func judge(
        _ parameters: Argon2id.Parameters, lanes: UInt32
    ) throws(Refusal) {
        guard lanes == 1 else { throw lanes == 0 ? .malformed : .lanesUnsupported(lanes) }
        guard parameters.memory >= memoryFloor, parameters.cost >= costFloor else {
            throw .costTooLow(parameters)
        }
        guard parameters.memory <= memoryCeiling, parameters.cost <= costCeiling else {
            throw .costTooHigh(parameters)
        }
    }

    /// The numbers of `m=19456,t=2,p=1`: these names, in this order, in decimal without sign or
    /// leading zero.
    private static func numbers(
        _ names: [String], in part: ArraySlice<UInt8>
    ) throws(Refusal) -> [UInt32] {
        let settings = part.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard settings.count == names.count else { throw .malformed }
        var numbers: [UInt32] = []
        for (name, setting) in zip(names, settings) {
            let digits = setting.dropFirst(name.utf8.count + 1)
            guard setting.starts(with: "\(name)=".utf8), let first = digits.first,
                digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
                first != UInt8(ascii: "0") || digits.count == 1,
                let number = UInt32(String(decoding: digits, as: UTF8.self))
            else { throw .malformed }
            numbers.append(number)
        }
        return numbers
    }

    /// How many bytes unpadded base64 holds; padding and stray bits at its end are refused, as
    /// libsodium does.
    private static func byteCount(ofBase64 part: ArraySlice<UInt8>) throws(Refusal) -> Int {
        let padding = [UInt8](repeating: UInt8(ascii: "="), count: (4 - part.count % 4) % 4)
        guard part.last != UInt8(ascii: "="), let bytes = Data(base64Encoded: Data(part + padding)),
            bytes.base64EncodedData() == Data(part + padding)
        else { throw .malformed }
        return bytes.count
    }

    // Only names known here are repeated: the text may be somebody's password in the wrong column.
    private static let schemes = [
        "argon2i": "argon2i", "argon2d": "argon2d", "argon2": "argon2i",
        "2": "bcrypt", "2a": "bcrypt", "2b": "bcrypt", "2x": "bcrypt", "2y": "bcrypt",
        "bcrypt": "bcrypt", "bcrypt-sha256": "bcrypt",
        "scrypt": "scrypt", "7": "scrypt", "s0": "scrypt", "y": "yescrypt",
        "pbkdf2": "pbkdf2", "pbkdf2-sha1": "pbkdf2", "pbkdf2-sha256": "pbkdf2",
        "pbkdf2-sha512": "pbkdf2",
        "1": "md5-crypt", "5": "sha256-crypt", "6": "sha512-crypt",
    ]
}
