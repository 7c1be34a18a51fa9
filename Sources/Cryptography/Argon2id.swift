import CSodium

/// Argon2id (RFC 9106) password hashes as PHC strings, computed by libsodium; Argon2i is compared only.
package enum Argon2id {
    /// What one hash costs.
    package struct Parameters: Sendable, Equatable {
        /// Memory in KiB.
        package let memory: UInt32
        /// Passes over the memory.
        package let passes: UInt32

        /// Memory in KiB and passes over it.
        package init(memory: UInt32, passes: UInt32) {
            self.memory = memory
            self.passes = passes
        }

        /// KiB written in all: what the time of a hash is in proportion to.
        package var cost: UInt64 { UInt64(memory) * UInt64(passes) }
    }

    /// Ours: 19 MiB and two passes (OWASP Password Storage).
    package static let current = Parameters(memory: 19_456, passes: 2)

    /// There was no memory for one hash.
    package struct MemoryExhausted: Error {}

    /// A PHC string with a fresh salt of 16 bytes and a tag of 32.
    package static func hash(
        _ password: Secret<[UInt8]>, parameters: Parameters = current
    ) throws(MemoryExhausted) -> String {
        ready
        let password = password.expose()
        var text = [CChar](repeating: 0, count: Int(crypto_pwhash_argon2id_STRBYTES))
        let result = shim_argon2id_hash(
            &text, password, password.count, parameters.passes, Int(parameters.memory) * 1024)
        guard result == 0 else { throw MemoryExhausted() }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Whether the password made this hash; throws ``HashRefusal`` where the hash is not one that
    /// ``PHC`` accepts (so a stored string can never cost more than allowed), or ``MemoryExhausted``.
    package static func verify(
        _ password: Secret<[UInt8]>, phc text: String
    ) throws -> Bool {
        ready
        let variant = try PHC(parsing: text).variant
        let password = password.expose()
        switch shim_argon2_verify(text, password, password.count, variant == .id ? 1 : 0) {
        case 0: return true
        case 1: return false
        default: throw MemoryExhausted()
        }
    }

    /// The cost a PHC string declares, within the bounds of ``PHC``.
    package static func parameters(of phc: String) throws(HashRefusal) -> Parameters {
        try PHC(parsing: phc).parameters
    }

    private static let ready: Void = demand(sodium_init() >= 0, "sodium_init")
}
