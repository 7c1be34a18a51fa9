import Foundation
import Postgres

/// Reads one entry of a register by the practice system's number of it.
struct FindPatient: Statement {
    let practice: UUID
    let externalID: ExternalID

    static let lane = Lane.ordinary

    static let sql = """
        select \(RegisteredPatient.columns), $nonce as nonce
        from \(RegisteredPatient.source)
        where patient.practice_id = $1::uuid
          and patient.external_id = $2::text
        """

    var parameters: [Parameter] { [.uuid(practice), .text(externalID.text)] }

    /// As it is stored; nil where the practice has no such entry.
    static func decode(_ rows: [Row]) throws -> Row? { rows.first }
}

/// Reads a page of a register, in the order in which its entries came in.
struct FindPatients: Statement {
    let practice: UUID
    /// The last entry of the page before.
    let after: UUID?

    static let lane = Lane.ordinary
    static let pageLimit = 100
    private static let first = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))

    static let sql = """
        select \(RegisteredPatient.columns), $nonce as nonce
        from \(RegisteredPatient.source)
        where patient.practice_id = $1::uuid
          and patient.patient_id > $2::uuid
        order by patient.patient_id
        limit $3::int8
        """

    var parameters: [Parameter] {
        [.uuid(practice), .uuid(after ?? Self.first), .int(Self.pageLimit + 1)]
    }

    /// As they are stored; one more than a page where more follow.
    static func decode(_ rows: [Row]) throws -> [Row] { rows }
}
