import Foundation
import Postgres

/// A practice as it is, and as it stays until the transaction is over: nobody changes meanwhile who has
/// to be told of what the transaction does.
struct HoldPractice: Statement {
    let practice: UUID

    static let lane = Lane.ordinary

    static let sql = """
        select \(Practice.columns),
               $nonce as nonce
        from practice
        where practice.practice_id = $1::uuid
        for share
        """

    var parameters: [Parameter] { [.uuid(practice)] }

    /// Nil where there is no such practice.
    static func decode(_ rows: [Row]) throws -> Practice? { try rows.first.map(Practice.init) }
}
