import Foundation
import Postgres

/// How many messages wait, and since when the oldest: what ops watch. A reminder that is for later does
/// not wait yet.
struct MeasureOutbox: Statement {
    struct Output: Equatable, Sendable {
        let queued: Int
        /// Seconds; 0 where none waits.
        let oldestAge: Double
    }

    static let lane = Lane.ordinary
    static let spansPractices: String? = "the gauge is of the whole outbox"

    static let sql = """
        select count(*) as queued,
               coalesce(
                   extract(epoch from clock_timestamp() - min(message.created_at)), 0
               )::float8 as oldest_age,
               $nonce as nonce
        from message
        where message.state = 'queued'
          and message.created_at <= clock_timestamp()
        """

    var parameters: [Parameter] { [] }

    static func decode(_ rows: [Row]) throws -> Output {
        guard let row = rows.first else { throw PostgresError.undecodable("queued") }
        return Output(queued: try row.int("queued"), oldestAge: try row.real("oldest_age"))
    }
}
