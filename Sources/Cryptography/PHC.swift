import Foundation

/// An Argon2 hash in PHC form, `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<tag>`, that we accept.
///
/// Argon2d is not accepted: libsodium does not compute it, and it is not made for passwords (RFC 9106
/// section 1).
///
/// Strict, since an imported string decides how long a login takes and how hard a stolen row is.
package struct PHC: Sendable, Equatable {
    /// Which Argon2 (RFC 9106).
    package enum Variant: String, Sendable {
        case id = "argon2id"
        /// Of older systems.
        case i = "argon2i"
    }

    /// Least memory in KiB, the smallest of OWASP's equal settings (m=7168, t=5).
    package static let memoryFloor: UInt32 = 7168
    /// Least passes of Argon2i, which trade memory against time with fewer (RFC 9106 section 7.3).
    package static let passesFloor: UInt32 = 3
    /// Most lanes; libsodium computes them one after the other, so that they cost no more.
    package static let lanesCeiling: UInt32 = 16
    /// Least cost, of that same setting.
    package static let costFloor = Argon2id.Parameters(memory: memoryFloor, passes: 5).cost
    /// Most memory in KiB: four times ours, since as many hashes run at once as for ours.
    package static let memoryCeiling = 4 * Argon2id.current.memory
    /// Greatest cost: four times ours (Z-28).
    package static let costCeiling = 4 * Argon2id.current.cost

    package let variant: Variant
    /// What it costs.
    package let parameters: Argon2id.Parameters

    /// Reads a hash.
    package init(parsing text: String) throws(HashRefusal) {
        let parts = HashText.parts(of: text)
        guard parts.count >= 2, parts[0].isEmpty, !parts[1].isEmpty else { throw .malformed }
        let scheme = String(decoding: parts[1], as: UTF8.self)
        guard let variant = Variant(rawValue: scheme) else {
            throw .schemeUnsupported(PasswordHash.name(ofScheme: scheme))
        }
        guard parts.count == 6 else { throw .malformed }
        self.variant = variant

        let version = try HashText.numbers(["v"], in: parts[2])[0]
        guard version == 19 else { throw .versionUnsupported(version) }
        let costs = try HashText.numbers(["m", "t", "p"], in: parts[3])
        parameters = Argon2id.Parameters(memory: costs[0], passes: costs[1])
        try Self.judge(parameters, variant, lanes: costs[2])
        try HashText.judge(
            salt: try HashText.bytes(ofBase64: parts[4]).count,
            tag: try HashText.bytes(ofBase64: parts[5]).count)
    }

    private static func judge(
        _ parameters: Argon2id.Parameters, _ variant: Variant, lanes: UInt32
    ) throws(HashRefusal) {
        guard lanes > 0 else { throw .malformed }
        guard lanes <= lanesCeiling else { throw .lanesUnsupported(lanes) }
        guard parameters.memory >= memoryFloor, parameters.cost >= costFloor,
            variant == .id || parameters.passes >= passesFloor
        else { throw .costTooLow }
        guard parameters.memory <= memoryCeiling, parameters.cost <= costCeiling else {
            throw .costTooHigh
        }
    }
}
