import Foundation
import Postgres

/// Whether an account is some patient's own in a practice.
struct FindOwnPatient: Statement {
    let practice: UUID
    let account: UUID

    static let lane = Lane.ordinary

    static let sql = """
        select exists (
                   select from patient_link
                   where patient_link.practice_id = $1::uuid
                     and patient_link.account_id = $2::uuid
                     and patient_link.role = 'self') as has_own,
               $nonce as nonce
        """

    var parameters: [Parameter] { [.uuid(practice), .uuid(account)] }

    static func decode(_ rows: [Row]) throws -> Bool {
        try rows.first?.bool("has_own") ?? false
    }
}
