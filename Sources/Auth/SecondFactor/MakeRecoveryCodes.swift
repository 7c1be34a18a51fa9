import Foundation
import Postgres

/// Ten new recovery codes in the place of those that the account has.
struct MakeRecoveryCodes: IdempotentStatement {
    let act: Act
    let account: UUID
    let setID: UUID
    let hashes: [[UInt8]]
    /// `RecoveryCodeDigest`s, sealed.
    let digests: [UInt8]
    /// The codes, for whoever asks again within a minute under the same key; nil where nobody can.
    let sealed: [UInt8]?

    var subject: UUID? { account }

    struct Outcome: Sendable {
        let setID: UUID
        let sealed: [UInt8]?
    }

    static let arms = """
        made as (
            insert into recovery_codes (account_id, set_id, hashes, digests)
            select $6::uuid, $7::uuid, $8::bytea[], $10::bytea
            where not exists (select from stored)
            on conflict (account_id) do update
            set set_id = excluded.set_id,
                hashes = excluded.hashes,
                digests = excluded.digests,
                used = '{}',
                failures = 0,
                blocked_until = null,
                created_at = clock_timestamp(),
                last_used_at = null
            returning account_id, set_id
        ),
        outcome as (
            select made.account_id is not null as lasting, made.set_id, $9::bytea as sealed
            from (values (1)) as always_one_row
            left join made on true
        ),
        audited as (
            insert into audit
                (practice_id, event, result, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.recoveryCodesMade.rawValue)', 'done', $2::uuid,
                   $6::uuid, $6::uuid, $5::uuid
            from made
        )
        """

    var ownParameters: [Parameter] {
        [
            .uuid(account), .uuid(setID), .byteArrays(hashes),
            sealed.map(Parameter.bytes) ?? .null, .bytes(digests),
        ]
    }

    static func outcome(_ row: Row) throws -> Outcome {
        Outcome(setID: try row.uuid("set_id"), sealed: try row.bytesIfPresent("sealed"))
    }
}
