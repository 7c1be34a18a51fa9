import Foundation
import Postgres

/// The register's entry of the patient that an account is; no row where it is nobody's own.
struct FindOwnEntry: Statement {
    let practice: UUID
    let account: UUID

    static let lane = Lane.ordinary

    static let sql = """
        select \(RegisteredPatient.columns), $nonce as nonce
        from \(RegisteredPatient.source)
        where patient.practice_id = $1::uuid
          and own.account_id = $2::uuid
        """

    var parameters: [Parameter] { [.uuid(practice), .uuid(account)] }

    static func decode(_ rows: [Row]) throws -> [Row] { rows }
}
