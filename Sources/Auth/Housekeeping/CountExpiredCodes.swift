import Foundation
import Postgres

/// How many codes came to their end since the last count, and nobody had used them: neither typed, nor
/// withdrawn, nor replaced by a newer one.
///
/// Nothing happens when a code's time is up, so that somebody has to look. Codes are kept for days after
/// that, and whoever has the housekeeper's turn goes on where the last count ended.
struct CountExpiredCodes: Statement {
    let holder: UUID

    static let lane = Lane.ordinary
    static let spansPractices: String? = "one housekeeper looks after every practice"

    // Subqueries and no joins: as a join each could read all codes, or all subjects, there are.
    static let sql = """
        with counted as (
            update housekeeping_turn
            set codes_counted_until = clock_timestamp()
            from (
                select turn.turn_id, turn.codes_counted_until
                from housekeeping_turn as turn
                where turn.turn_id = 1
            ) as earlier
            where housekeeping_turn.turn_id = earlier.turn_id
              and housekeeping_turn.holder = $1::uuid
            returning earlier.codes_counted_until as first_instant,
                      housekeeping_turn.codes_counted_until as last_instant
        )
        select count(*) as expired, $nonce as nonce
        from code
        where code.expires_at > (select counted.first_instant from counted)
          and code.expires_at <= (select counted.last_instant from counted)
          and code.used_at is null
          and code.voided_at is null
          and (
              select code_subject.newest_code_id
              from code_subject
              where code_subject.practice_id = code.practice_id
                and code_subject.subject_id = code.subject_id
                and code_subject.purpose = code.purpose) = code.code_id
        """

    var parameters: [Parameter] { [.uuid(holder)] }

    /// None where the turn is another instance's.
    static func decode(_ rows: [Row]) throws -> Int {
        guard let row = rows.first else { throw PostgresError.undecodable(name) }
        return try row.int("expired")
    }
}
