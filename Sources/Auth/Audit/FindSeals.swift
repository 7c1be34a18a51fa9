import Foundation
import Postgres

/// Every practice with the newest seal of its audit.
struct FindSealHeads: Statement {
    static let lane = Lane.ordinary
    static let spansPractices: String? = "one sealer works for every practice"

    static let sql = """
        select practice.practice_id, newest.*, $nonce as nonce
        from practice
        left join lateral (
            select audit_seal.position, audit_seal.last_audit_id, audit_seal.row_count,
                   audit_seal.key_id, audit_seal.seal
            from audit_seal
            where audit_seal.practice_id = practice.practice_id
            order by audit_seal.position desc
            limit 1
        ) as newest on true
        order by practice.practice_id
        """

    var parameters: [Parameter] { [] }

    static func decode(_ rows: [Row]) throws -> [(practice: UUID, newest: AuditSeal?)] {
        try rows.map { (try $0.uuid("practice_id"), try AuditSeal($0)) }
    }
}

/// The seal at a place of a practice's chain.
struct FindSeal: Statement {
    let practice: UUID
    let position: Int

    static let lane = Lane.ordinary

    static let sql = """
        select audit_seal.position, audit_seal.last_audit_id, audit_seal.row_count,
               audit_seal.key_id, audit_seal.seal, $nonce as nonce
        from audit_seal
        where audit_seal.practice_id = $1::uuid
          and audit_seal.position = $2::int8
        """

    var parameters: [Parameter] { [.uuid(practice), .int(position)] }

    static func decode(_ rows: [Row]) throws -> AuditSeal? {
        try rows.first.flatMap(AuditSeal.init)
    }
}

/// Adds a link to a practice's chain; of several instances at the same place one does.
struct AddSeal: Statement {
    let practice: UUID
    let seal: AuditSeal

    static let lane = Lane.ordinary

    static let sql = """
        with added as (
            insert into audit_seal
                (practice_id, position, last_audit_id, row_count, key_id, seal)
            values ($1::uuid, $2::int8, $3::uuid, $4::int8, $5::text, $6::bytea)
            on conflict (practice_id, position) do nothing
            returning position
        )
        select exists (select from added) as added, $nonce as nonce
        """

    var parameters: [Parameter] {
        [
            .uuid(practice), .int(seal.position), .uuid(seal.lastAuditID), .int(seal.rowCount),
            .text(seal.keyID), .bytes(seal.seal),
        ]
    }

    static func decode(_ rows: [Row]) throws -> Bool { try rows.first?.bool("added") ?? false }
}
