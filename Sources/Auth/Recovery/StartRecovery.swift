import Foundation
import Postgres

/// Begins a recovery, for somebody or for nobody.
struct StartRecovery: IdempotentStatement {
    let act: Act
    let recoveryID: UUID
    let subjectID: UUID
    let account: UUID?
    /// Of a right super-PIN; what it is worth shows only beside another proof (Z-4).
    let proofs: [RecoveryProof]
    /// Of the patient's network, for those that are nobody's (Z-30).
    let networkKey: [UInt8]?

    var subject: UUID? { subjectID }

    struct Started: Sendable {
        let id: UUID
        let expiresAt: Date
    }

    static let arms = """
        begun as (
            insert into recovery
                (practice_id, recovery_id, client_id, account_id, subject_id, proofs, expires_at)
            select $1::uuid, $6::uuid, $2::uuid, $8::uuid, $7::uuid, $9::jsonb,
                   clock_timestamp() + interval '\(RecoveryLimits.openMinutes) minutes'
            where not exists (select from stored)
            returning recovery_id, expires_at
        ),
        tallied as (  -- Nobody's: one row for each minute and network.
            insert into refusal (practice_id, minute, network_key, reason, refusals)
            select $1::uuid, date_trunc('minute', clock_timestamp()),
                   coalesce($10::bytea, ''::bytea), 'recovery-of-nobody', 1
            from begun
            where $8::uuid is null
            on conflict (practice_id, minute, network_key, reason) do update
            set refusals = refusal.refusals + 1
        ),
        outcome as (
            select begun.recovery_id, begun.expires_at,
                   begun.recovery_id is not null as lasting
            from (values (1)) as always_one_row
            left join begun on true
        ),
        audited as (
            insert into audit
                (practice_id, event, result, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.recoveryStarted.rawValue)', 'done', $2::uuid, $8::uuid,
                   begun.recovery_id, $5::uuid
            from begun
            where $8::uuid is not null
        )
        """

    var ownParameters: [Parameter] {
        [
            .uuid(recoveryID), .uuid(subjectID), account.map(Parameter.uuid) ?? .null,
            .json(RecoveryProof.json(proofs)), networkKey.map(Parameter.bytes) ?? .null,
        ]
    }

    static func outcome(_ row: Row) throws -> Started {
        Started(id: try row.uuid("recovery_id"), expiresAt: try row.instant("expires_at"))
    }
}

extension RecoveryProof {
    /// As a row keeps them.
    static func json(_ proofs: [RecoveryProof]) -> String {
        JSONValue.array(proofs.map(\.value)).text
    }

    var value: JSONValue {
        .object([
            JSONMember("method", .string(method.rawValue)), JSONMember("class", .string(`class`)),
            JSONMember("id", .string(id.text)), JSONMember("aged", .bool(aged)),
        ])
    }
}
