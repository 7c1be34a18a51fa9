import Foundation
import Postgres

/// Takes the turn or keeps it for another while, unless an instance that lives has it.
///
/// The turn saves work and no more: rows are skipped that somebody else has locked, so that two instances
/// could do no harm together.
struct TakeTurn: Statement {
    let holder: UUID

    /// More than a round's interval, so that it stays where it is.
    static let leaseSeconds = 90

    struct Turn: Sendable {
        let isOurs: Bool
        /// When a round was last finished, by anybody.
        let finishedAt: Date?
    }

    static let lane = Lane.ordinary

    static let sql = """
        with taken as (
            insert into housekeeping_turn (turn_id, holder, leased_until)
            values (1, $1::uuid, clock_timestamp() + interval '\(leaseSeconds) seconds')
            on conflict (turn_id) do update
            set holder = excluded.holder,
                leased_until = excluded.leased_until
            where housekeeping_turn.holder = excluded.holder
               or housekeeping_turn.leased_until <= clock_timestamp()
            returning turn_id
        )
        select exists (select from taken) as ours,
               (select housekeeping_turn.finished_at from housekeeping_turn) as finished_at,
               $nonce as nonce
        """

    var parameters: [Parameter] { [.uuid(holder)] }

    static func decode(_ rows: [Row]) throws -> Turn {
        guard let row = rows.first else { throw PostgresError.undecodable(name) }
        return Turn(
            isOurs: try row.bool("ours"), finishedAt: try row.instantIfPresent("finished_at"))
    }
}

/// Says that nothing is left that is due; the turn stays where it is until its lease ends.
struct EndTurn: Statement {
    let holder: UUID

    static let lane = Lane.ordinary

    static let sql = """
        with ended as (
            update housekeeping_turn
            set finished_at = clock_timestamp()
            where housekeeping_turn.turn_id = 1
              and housekeeping_turn.holder = $1::uuid
            returning finished_at
        )
        select ended.finished_at, $nonce as nonce
        from (values (1)) as always_one_row
        left join ended on true
        """

    var parameters: [Parameter] { [.uuid(holder)] }

    /// Nil where the turn was lost at the end.
    static func decode(_ rows: [Row]) throws -> Date? {
        try rows.first?.instantIfPresent("finished_at")
    }
}
