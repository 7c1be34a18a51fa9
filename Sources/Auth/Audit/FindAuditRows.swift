import Foundation
import Postgres

/// The next rows of a practice's audit, in the order of their ids, which is that of time.
struct FindAuditRows: Statement {
    let practice: UUID
    let after: UUID
    /// The last one that is wanted; nil for all that can no longer get company.
    let upTo: UUID?

    /// A transaction that inserts a row ends within seconds; what is older than this is complete.
    static let settledSeconds = 120
    static let most = 1_000

    static let lane = Lane.ordinary

    static let sql = """
        select audit.audit_id,
               -- Named one by one: a column that comes later changes no old row.
               jsonb_build_array(
                   audit.audit_id, extract(epoch from audit.happened_at), audit.event,
                   audit.result, audit.reason, audit.client_id, audit.account_id,
                   audit.object_id, audit.request_id, audit.acting_staff)::text as content,
               $nonce as nonce
        from audit
        where audit.practice_id = $1::uuid
          and audit.audit_id > $2::uuid
          and case
              when $3::uuid is not null then audit.audit_id <= $3::uuid
              else audit.happened_at
                  < clock_timestamp() - $4::float8 * interval '1 second'
          end
        order by audit.audit_id
        limit \(most)
        """

    /// Tests seal what they wrote just now.
    var settled = Double(settledSeconds)

    var parameters: [Parameter] {
        [.uuid(practice), .uuid(after), upTo.map(Parameter.uuid) ?? .null, .real(settled)]
    }

    static func decode(_ rows: [Row]) throws -> [AuditRow] {
        try rows.map { AuditRow(id: try $0.uuid("audit_id"), content: try $0.text("content")) }
    }
}
