import Foundation
import Postgres

/// Sends messages on to the next rung that their gateway has not reported in time, with the same
/// live code and to the same destination (Z-1); lets go of those that have died.
///
/// It is our own clock that does this, never a report (Z-27). The gateway had taken an SMS and may
/// charge for it, and so may the next: it counts towards the practice's day once more, in messages
/// and in money, and to whatever else it counted towards when it was made: the lane of the day that it
/// was sent from, and its block of numbers. Where one of these is spent it fails instead (SU-6, Z-19).
/// What a gateway refused climbs by `SettleMessage`, and costs nothing.
struct ClimbUnreported: Statement {
    /// Messages of one round, so that its locks are short.
    static let batchLimit = 200

    /// Of what no hand-over has said the price of.
    var prices = SMSPrices()

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
                   coalesce(practice.sms_cost_per_day, \(byCountry { "\($0.smsCostPerDay)" }))
                       as sms_cost_per_day,
                   ($2::jsonb ->> coalesce(
                       practice.sms_cost_currency,
                       \(byCountry { "'\($0.currency.rawValue)'" })))::int8 as assumed_price
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
                   message.sms_lane, message.number_block, message.channel = 'sms' as is_sms,
                   coalesce(message.sms_price, spending.assumed_price) as sms_price,
                   spending.sms_per_day, spending.sms_cost_per_day,
                   (
                       select live_message.message_id
                       from live_message
                       where live_message.practice_id = message.practice_id
                         and live_message.message_id = message.message_id
                   ) is not null as lives
            from message
            join spending using (practice_id)
            where message.report_due_at <= (select clock_timestamp())
            order by message.report_due_at
            limit $1::int8
            for update of message skip locked
        ),
        in_block as (  -- 4. Those that their block of numbers has room for, behind earlier ones.
            select overdue.*,
                   overdue.lives and (
                       overdue.number_block is null
                       or sent.amount + count(*) filter (where overdue.lives) over so_far
                           <= greatest(
                               \(SendLimit.unprovenPerBlock),
                               \(SendLimit.sendsPerProof) * proven.amount)) as fits_block
            from overdue
            cross join today
            cross join \(amount(of: "'sent:' || overdue.number_block", in: "overdue")) as sent
            cross join \(amount(of: "'proven:' || overdue.number_block", in: "overdue")) as proven
            window so_far as (
                partition by overdue.practice_id, overdue.number_block
                order by overdue.report_due_at, overdue.message_id
                rows unbounded preceding)
        ),
        in_lane as (  -- 5. Of these, those that their lane has room for: what it leaves behind takes
                      --    nothing of the others' day (Z-19).
            select in_block.*,
                   in_block.fits_block and (
                       in_block.sms_lane is null
                       or messages.amount + count(*) filter (where in_block.fits_block) over so_far
                           <= \(SendLimit.SMSLane.part(of: "in_block.sms_per_day", in: "in_block"))
                       and cost.amount
                           + coalesce(
                               sum(\(laneCost("in_block"))) filter (where in_block.fits_block)
                                   over so_far, 0)
                           <= \(SendLimit.SMSLane.part(of: "in_block.sms_cost_per_day", in: "in_block"))) as fits_lane
            from in_block
            cross join today
            cross join \(amount(of: "'sms-' || in_block.sms_lane", in: "in_block")) as messages
            cross join \(amount(of: "'cost-' || in_block.sms_lane", in: "in_block")) as cost
            window so_far as (
                partition by in_block.practice_id, in_block.sms_lane
                order by in_block.report_due_at, in_block.message_id
                rows unbounded preceding)
        ),
        judged as (  -- 6. Of these, those that the day has room for.
            select in_lane.practice_id, in_lane.message_id, in_lane.lives, in_lane.is_sms,
                   in_lane.sms_lane, in_lane.number_block, in_lane.sms_price,
                   in_lane.fits_lane and (
                       not in_lane.is_sms
                       or messages.amount + count(*) filter (where in_lane.fits_lane) over so_far
                           <= in_lane.sms_per_day
                       and cost.amount
                           + coalesce(
                               sum(in_lane.sms_price) filter (where in_lane.fits_lane) over so_far,
                               0)
                           <= in_lane.sms_cost_per_day) as climbs
            from in_lane
            cross join today
            cross join \(amount(of: "'sms'", in: "in_lane")) as messages
            cross join \(amount(of: "'cost'", in: "in_lane")) as cost
            window so_far as (
                partition by in_lane.practice_id, in_lane.is_sms
                order by in_lane.report_due_at, in_lane.message_id
                rows unbounded preceding)
        ),
        climbed as (  -- 7. A report that said why keeps its reason.
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
                former_reason = case
                    when judged.climbs
                    then coalesce(message.reason, '\(DeliveryFailure.Reason.notReported.rawValue)')
                    else message.former_reason
                end,
                report_due_at = null,
                leased_until = null,
                next_attempt_at = clock_timestamp()
            from judged
            where message.practice_id = judged.practice_id
              and message.message_id = judged.message_id
              -- Or all messages would be read to find those.
              and message.report_due_at is not null
            returning message.practice_id, judged.is_sms, judged.sms_price, judged.sms_lane,
                      judged.number_block, judged.lives, judged.climbs
        ),
        paid as (  -- 8. What they add to the day.
            select climbed.practice_id, amounts.counter, sum(amounts.amount) as amount
            from climbed
            cross join lateral (
                values ('cost', climbed.sms_price), ('sms', 1),
                       ('sms-' || climbed.sms_lane, 1),
                       ('cost-' || climbed.sms_lane, \(laneCost("climbed"))),
                       ('sent:' || climbed.number_block, 1)) as amounts (counter, amount)
            where climbed.climbs
              and climbed.is_sms
              and amounts.counter is not null
            group by climbed.practice_id, amounts.counter
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

    /// What holds for a practice that chose nothing else.
    private static func byCountry(_ usual: (Practice.Country) -> String) -> String {
        let countries = Practice.Country.allCases.map { country in
            "when '\(country.rawValue)' then \(usual(country))"
        }
        return "case practice.country \(countries.joined(separator: " ")) end"
    }

    /// What the row's practice has in a counter of its day.
    private static func amount(of counter: String, in row: String) -> String {
        """
        lateral (
                select coalesce(sum(send_count.amount), 0) as amount
                from send_count
                where send_count.practice_id = \(row).practice_id
                  and send_count.counter = \(counter)
                  and send_count.window_start = today.window_start)
        """
    }

    /// What an SMS adds to what its lane may cost; of the others only the number is held.
    private static func laneCost(_ row: String) -> String {
        "case \(row).sms_lane when '\(SendLimit.SMSLane.codes.rawValue)' "
            + "then \(row).sms_price else 0 end"
    }

    var parameters: [Parameter] {
        [.int(Self.batchLimit), .json(prices.ofUnknownCountry.text)]
    }

    static func decode(_ rows: [Row]) throws -> Outcome {
        guard let row = rows.first else { return Outcome(climbed: 0, stopped: 0) }
        return Outcome(climbed: try row.int("climbed"), stopped: try row.int("stopped"))
    }
}
