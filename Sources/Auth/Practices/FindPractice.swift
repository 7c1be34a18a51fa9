import Foundation
import Postgres

/// The caller's practice as it is now; the caller itself may be a second old.
struct FindPractice: Statement {
    let practice: UUID

    static let lane = Lane.ordinary

    static let sql = """
        select \(Practice.columns),
               $nonce as nonce
        from practice
        where practice.practice_id = $1::uuid
        """

    var parameters: [Parameter] { [.uuid(practice)] }

    static func decode(_ rows: [Row]) throws -> Practice {
        guard let row = rows.first else { throw PostgresError.undecodable("practice") }
        return try Practice(row)
    }
}
