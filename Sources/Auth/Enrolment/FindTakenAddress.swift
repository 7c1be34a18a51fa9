import Foundation
import Postgres

/// Whether somebody of the practice signs in with an address already, so that a further account needs a
/// username (Z-17).
struct FindTakenAddress: Statement {
    let practice: UUID
    /// By every key of the ring.
    let indexes: [[UInt8]]

    static let lane = Lane.ordinary

    static let sql = """
        select exists (
                   select from identifier
                   where identifier.practice_id = $1::uuid
                     and identifier.value_index = any ($2::bytea[])) as is_taken,
               $nonce as nonce
        """

    var parameters: [Parameter] { [.uuid(practice), .byteArrays(indexes)] }

    static func decode(_ rows: [Row]) throws -> Bool {
        try rows.first?.bool("is_taken") ?? false
    }
}
