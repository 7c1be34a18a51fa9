import Foundation
import Postgres

/// Sends messages on to the next rung that their gateway has not reported in time, with the same
/// live code and to the same destination (Z-1); lets go of those that have died.
///
/// It is our own clock that does this, never a report (Z-27). The gateway had taken the message and
/// may charge for it, and so may the next: it counts once more towards what its code counted towards, the
/// practice's day in messages and in money, the share of codes of other systems or of recoveries, and its
/// block of numbers, and where one of these is spent it fails instead (SU-6, Z-19). What a gateway refused
/// climbs by `SettleMessage`, and costs nothing.
struct ClimbUnreported: Statement {
    /// Messages of one round, so that its locks are short.
    static let batchLimit = 200

    static let lane = Lane.ordinary
    static let spansPractices: String? = "one dispatcher delivers for every practice"

    struct Outcome: Equatable, Sendable {
        let climbed: Int
        /// Failed, since the practice's day is spent.
        let stopped: Int
    }

    static let sql = """
        with today as (  -- 1. As counters have it.
            select date_trunc('day', clock_timestamp(), 'UTC') as window_start
        ),
        spending as (  -- 2. Of two instances one at a time spends a practice's day.
            select practice.practice_id, practice.sms_per_day,
                   coalesce(practice.sms_cost_per_day, \(usualCostPerDay)) as sms_cost_per_day
            from practice
            where practice.practice_id in (
                select message.practice_id
                from message
                where message.report_due_at <= (select clock_timestamp())
                -- Bounded, or all messages of each practice would be read to find those.
                order by message.report_due_at
                limit $1::int8)
            for no key update skip locked
        ),
        overdue as (  -- 3. As a subselect, like the view's own.
            select message.practice_id, message.message_id, message.report_due_at,
                   message.sms_price, spending.sms_per_day, spending.sms_cost_per_day,
                   code.number_block,
                   code.purpose <> all ($2::text[]) as is_requested,
                   code.purpose = '\(CodePurpose.recovery.slug)'
                       and recovery.proofs is not distinct from '[]' as is_unproven,
                   (
                       select live_message.message_id
                       from live_message
                       where live_message.practice_id = message.practice_id
                         and live_message.message_id = message.message_id
                   ) is not null as lives
            from message
            join spending using (practice_id)
            left join code
                on code.practice_id = message.practice_id
                and code.code_id = message.code_id
            left join recovery
                on recovery.practice_id = code.practice_id
                and recovery.recovery_id = code.flow_id
            where message.report_due_at <= (select clock_timestamp())
            order by message.report_due_at
            limit $1::int8
            for update of message skip locked
        ),
        weighed as (  -- 4. What each adds to what its code counted towards, behind earlier ones.
            select overdue.practice_id, overdue.message_id, entry.counter, entry.weight,
                   entry.ceiling,
                   sum(entry.weight) over (
                       partition by overdue.practice_id, entry.counter
                       order by overdue.report_due_at, overdue.message_id
                       rows unbounded preceding) as so_far
            from overdue
            cross join lateral (
                values
                    ('sms', 1, overdue.sms_per_day),
                    ('cost', overdue.sms_price, overdue.sms_cost_per_day),
                    (case when overdue.is_requested then 'sms-codes' end, 1,
                     overdue.sms_per_day - overdue.sms_per_day / 5),
                    (case when overdue.is_requested then 'cost-codes' end, overdue.sms_price,
                     overdue.sms_cost_per_day - overdue.sms_cost_per_day / 5),
                    (case when overdue.is_unproven then 'sms-recovery' end, 1,
                     overdue.sms_per_day / 5),
                    ('sent:' || overdue.number_block, 1, null)
            ) as entry (counter, weight, ceiling)
            where overdue.lives
              and entry.counter is not null
        ),
        beyond as (
            select weighed.practice_id, weighed.message_id
            from weighed
            cross join today
            cross join lateral (
                select coalesce(sum(send_count.amount), 0) as amount
                from send_count
                where send_count.practice_id = weighed.practice_id
                  and send_count.counter = weighed.counter
                  and send_count.window_start = today.window_start) as spent
            cross join lateral (
                select coalesce(sum(send_count.amount), 0) as amount
                from send_count
                where weighed.ceiling is null
                  and send_count.practice_id = weighed.practice_id
                  and send_count.counter = replace(weighed.counter, 'sent:', 'proven:')
                  and send_count.window_start = today.window_start) as proven
            where spent.amount + weighed.so_far
                > coalesce(
                    weighed.ceiling,
                    greatest(
                        \(SendLimit.unprovenPerBlock),
                        \(SendLimit.sendsPerProof) * proven.amount))
        ),
        judged as (
            select overdue.practice_id, overdue.message_id, overdue.lives,
                   overdue.lives and not exists (
                       select from beyond
                       where beyond.practice_id = overdue.practice_id
                         and beyond.message_id = overdue.message_id) as climbs
            from overdue
        ),
        climbed as (  -- 5. A report that said why keeps its reason.
            update message
            set state = case
                    when judged.climbs then 'queued'
                    when judged.lives then 'failed'
                    else message.state
                end,
                body = case when judged.climbs then message.body end,
                rung = message.rung + judged.climbs::int4,
                reason = case
                    when judged.climbs
                    then coalesce(message.reason, '\(DeliveryFailure.Reason.notReported.rawValue)')
                    when judged.lives then '\(DeliveryFailure.Reason.dailyLimitReached.rawValue)'
                    else message.reason
                end,
                report_due_at = null,
                leased_until = null,
                next_attempt_at = clock_timestamp()
            from judged
            where message.practice_id = judged.practice_id
              and message.message_id = judged.message_id
              -- Or all messages would be read to find those.
              and message.report_due_at is not null
            returning message.practice_id, message.message_id, judged.lives, judged.climbs
        ),
        paid as (  -- 6. What they add to the day.
            select weighed.practice_id, weighed.counter, sum(weighed.weight) as amount
            from climbed
            join weighed using (practice_id, message_id)
            where climbed.climbs
            group by weighed.practice_id, weighed.counter
        ),
        counted as (
            insert into send_count (practice_id, counter, window_start, slice, amount)
            select practice_id, paid.counter, today.window_start, pg_backend_pid() % 32,
                   paid.amount
            from paid
            cross join today
            where paid.amount > 0
            order by practice_id, paid.counter
            on conflict (practice_id, counter, window_start, slice) do update
            set amount = send_count.amount + excluded.amount
        )
        select count(*) filter (where climbed.climbs) as climbed,
               count(*) filter (where climbed.lives and not climbed.climbs) as stopped,
               $nonce as nonce
        from (values (1)) as always_one_row
        left join climbed on true
        """

    /// The ceiling in money of a practice that chose none.
    private static var usualCostPerDay: String {
        let countries = Practice.Country.allCases.map { country in
            "when '\(country.rawValue)' then \(country.smsCostPerDay)"
        }
        return "case practice.country \(countries.joined(separator: " ")) end"
    }

    var parameters: [Parameter] {
        [.int(Self.batchLimit), .texts(CodePurpose.reserved.sorted())]
    }

    static func decode(_ rows: [Row]) throws -> Outcome {
        guard let row = rows.first else { return Outcome(climbed: 0, stopped: 0) }
        return Outcome(climbed: try row.int("climbed"), stopped: try row.int("stopped"))
    }
}
