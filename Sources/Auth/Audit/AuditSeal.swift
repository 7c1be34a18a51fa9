import Cryptography
import Foundation
import Postgres

/// One link of a practice's audit chain: an HMAC over the link before it and the rows since (Z-30).
struct AuditSeal: Sendable, Equatable {
    let position: Int
    let lastAuditID: UUID
    let rowCount: Int
    let keyID: String
    let seal: [UInt8]

    /// The link after `previous`.
    ///
    /// - Parameter rows: those since, in order; not empty.
    init(after previous: AuditSeal?, rows: [AuditRow], of practice: UUID, key: MACKey) {
        position = (previous?.position ?? 0) + 1
        lastAuditID = rows.last?.id ?? UUID.zero
        rowCount = rows.count
        keyID = key.id
        let fields =
            [
                previous?.seal ?? [], Array(practice.uuidString.utf8), Array("\(position)".utf8),
            ] + rows.map { Array($0.content.utf8) }
        seal = key.authenticate(fields: fields)
    }

    init?(_ row: Row) throws {
        guard let position = try row.intIfPresent("position") else { return nil }
        self.position = position
        lastAuditID = try row.uuid("last_audit_id")
        rowCount = try row.int("row_count")
        keyID = try row.text("key_id")
        seal = try row.bytes("seal")
    }

    /// What the log keeps of it.
    var head: String { "\(position):\(seal.hexadecimal)" }
}

/// A row of the audit as it is sealed.
struct AuditRow: Sendable, Equatable {
    let id: UUID
    /// All its columns, in one spelling that no setting of a session changes.
    let content: String
}

extension UUID {
    static let zero = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
}
