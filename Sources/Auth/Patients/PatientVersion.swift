import Foundation
import Postgres

/// Which state of a register entry a caller has seen, for `ETag`, `If-Match` and `If-None-Match`.
struct PatientVersion: Sendable, Equatable {
    /// Ours: what a token's `patients` has.
    let id: UUID
    /// Rises with each change.
    let revision: Int
    let createdAt: Date
    let changedAt: Date

    init(_ row: Row) throws {
        id = try row.uuid("patient_id")
        revision = try row.int("revision")
        createdAt = try row.instant("created_at")
        changedAt = try row.instant("changed_at")
    }

    /// It has the id, so that an entry that was deleted and made again is another one.
    var entityTag: String { "\"\(id.text)-\(revision)\"" }

    /// The same in SQL, of a row that has the columns.
    static func tagExpression(of row: String) -> String {
        #"'"' || \#(row).patient_id::text || '-' || \#(row).revision || '"'"#
    }

    /// The tags of a header such as `"one", "two"` or `*`; a weak one keeps its `W/` and so equals
    /// none of ours, as a strong comparison asks (RFC 9110 8.8.3.2).
    static func tags(_ header: String?) -> [String]? {
        header.map { $0.split(separator: ",").map { String($0.trimmingSpaces) } }
    }
}
