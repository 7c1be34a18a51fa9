import Cryptography
import Foundation
import Postgres

/// Some of the sets of recovery codes that a former key hashed.
struct FindFormerRecoveryCodes: KeyStatement {
    let keyID: String

    static let batchLimit = 100

    struct Former: Sendable {
        let account: UUID
        let digests: [UInt8]

        /// - Throws: `SealingKey.Fault` where the row was tampered with.
        func rekeyed(_ keys: KeyRing) throws -> RekeyRecoveryCodes {
            let opened = try RecoveryCodeDigest.open(digests, of: account, keys: keys)
            let (current, all) = (keys.macKey(.recoveryCode), keys.macKeys(.recoveryCode))
            return RekeyRecoveryCodes(
                account: account, formerDigests: digests,
                digests: RecoveryCodeDigest.seal(opened, of: account, keys: keys),
                // By every key, whichever made those that are there.
                formerHashes: opened.flatMap { digest in all.map { digest.hash($0) } },
                hashes: opened.flatMap { digest in all.map { _ in digest.hash(current) } })
        }
    }

    static let sql = """
        select recovery_codes.account_id, recovery_codes.digests, $nonce as nonce
        from recovery_codes
        where sealing_key(recovery_codes.digests) between $1::text and $1::text
        order by sealing_key(recovery_codes.digests)
        limit \(batchLimit)
        """

    var parameters: [Parameter] { [.text(keyID)] }

    static func decode(_ rows: [Row]) throws -> [Former] {
        try rows.map {
            Former(account: try $0.uuid("account_id"), digests: try $0.bytes("digests"))
        }
    }
}

/// Hashes of a set's codes by the current key in the place of those by a former one: of what is left and
/// of what was used by now. Returns 1, or 0 where there is another set meanwhile.
struct RekeyRecoveryCodes: KeyStatement {
    let account: UUID
    let formerDigests: [UInt8]
    let digests: [UInt8]
    /// In the order of ``hashes``.
    let formerHashes: [[UInt8]]
    let hashes: [[UInt8]]

    static let sql = """
        with rekeyed as (
            update recovery_codes
            set digests = $3::bytea,
                hashes = \(renewed("recovery_codes.hashes")),
                used = \(renewed("recovery_codes.used"))
            where recovery_codes.account_id = $1::uuid
              and recovery_codes.digests = $2::bytea
            returning true
        )
        select count(*) as rekeyed, $nonce as nonce
        from rekeyed
        """

    private static func renewed(_ hashes: String) -> String {
        """
        array(
                    select change.hash
                    from unnest($4::bytea[], $5::bytea[]) as change (former, hash)
                    where change.former = any (\(hashes)))
        """
    }

    var parameters: [Parameter] {
        [
            .uuid(account), .bytes(formerDigests), .bytes(digests), .byteArrays(formerHashes),
            .byteArrays(hashes),
        ]
    }

    static func decode(_ rows: [Row]) throws -> Int { try rows.first?.int("rekeyed") ?? 0 }
}
