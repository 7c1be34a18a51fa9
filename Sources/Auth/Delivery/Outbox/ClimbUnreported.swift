import Foundation
import Postgres

/// Sends messages on to the next rung that their gateway has not reported in time, with the same
/// live code and to the same destination (Z-1); lets go of those that have died.
///
/// It is our own clock that does this, never a report (Z-27).
struct ClimbUnreported: Statement {
    /// Messages of one round, so that its locks are short.
    static let batchLimit = 200

    static let lane = Lane.ordinary
    static let spansPractices: String? = "one dispatcher delivers for every practice"

    static let sql = """
        with overdue as (  -- 1. As a subselect, like the view's own.
            select message.practice_id, message.message_id,
                   (
                       select live_message.message_id
                       from live_message
                       where live_message.practice_id = message.practice_id
                         and live_message.message_id = message.message_id
                   ) is not null as lives
            from message
            where message.report_due_at <= (select clock_timestamp())
            order by message.report_due_at
            limit $1::int8
            for update skip locked
        ),
        climbed as (  -- 2. A report that said why keeps its reason.
            update message
            set state = case when overdue.lives then 'queued' else message.state end,
                body = case when overdue.lives then message.body end,
                rung = message.rung + overdue.lives::int4,
                reason = case
                    when overdue.lives then coalesce(message.reason, 'not_reported')
                    else message.reason
                end,
                report_due_at = null,
                leased_until = null,
                next_attempt_at = clock_timestamp()
            from overdue
            where message.practice_id = overdue.practice_id
              and message.message_id = overdue.message_id
              -- Or all messages would be read to find those.
              and message.report_due_at is not null
            returning overdue.lives
        )
        select count(*) filter (where climbed.lives) as messages, $nonce as nonce
        from (values (1)) as always_one_row
        left join climbed on true
        """

    var parameters: [Parameter] { [.int(Self.batchLimit)] }

    /// How many climbed.
    static func decode(_ rows: [Row]) throws -> Int {
        try rows.first?.int("messages") ?? 0
    }
}
