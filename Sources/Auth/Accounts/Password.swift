import Cryptography
import Foundation

/// An account's password hash as the table keeps it: ours, or an earlier system's, sealed and bound to
/// its account, so that the rows of a stolen table can't be tried offline (P8).
struct SealedPassword: Sendable {
    let bytes: [UInt8]

    static func seal(_ phc: String, account: UUID, keys: KeyRing) -> SealedPassword {
        SealedPassword(
            bytes: keys.sealingKey(.password).seal(Array(phc.utf8), boundTo: binding(account)))
    }

    func open(account: UUID, keys: KeyRing) throws -> String {
        let phc = try keys.sealingKey(.password).open(bytes, boundTo: Self.binding(account))
        return String(decoding: phc, as: UTF8.self)
    }

    private static func binding(_ account: UUID) -> [UInt8] {
        Array("account.password|\(account.uuidString)".utf8)
    }
}

extension Secret<String> {
    /// A password as it is hashed: in NFC and otherwise exactly as typed, nothing cut (P2, P3).
    var passwordBytes: Secret<[UInt8]> {
        Secret<[UInt8]>(Array(expose().precomposedStringWithCanonicalMapping.utf8))
    }
}
