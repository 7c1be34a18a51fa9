import Foundation
import Postgres

/// Whether a claimed message is still this worker's and still worth sending: the last look before it
/// leaves the house, since a newer code may have been made after the claim (SC-9).
struct MessageStillDue: Statement {
    let message: ClaimedMessage

    static let sql = """
        select exists (
            select from message
            join live_message using (practice_id, message_id)
            where message.practice_id = $1::uuid
              and message.message_id = $2::uuid
              and message.fence = $3::int8
              and message.state = 'queued'
        ) as due, $nonce as nonce
        """

    var parameters: [Parameter] {
        [.uuid(message.practiceID), .uuid(message.messageID), .int(message.fence)]
    }

    static func decode(_ rows: [Row]) throws -> Bool {
        try rows.first?.bool("due") ?? false
    }
}
