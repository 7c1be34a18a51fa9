import Foundation
import Postgres

/// Records what became of a claimed message, if the claim still holds; the body goes with the end.
///
/// What may have been taken though no answer said so may be paid for at each further try: each counts
/// towards the practice's day like a first one, and where that is spent the message fails (SU-6).
struct SettleMessage: Statement {
    let message: ClaimedMessage
    let result: Result
    /// What answers call the way it went.
    let gateway: String

    enum Result: Equatable, Sendable {
        /// With what an SMS to its number costs, which a climb from there costs again.
        case sent(Receipt, price: Int? = nil)
        case failed(DeliveryFailure.Reason)
        /// The next rung's turn, at once: the same code to the same destination (Z-1). With what this try
        /// may have cost.
        case climb(DeliveryFailure.Reason, paid: Int? = nil)
        /// Another try after the delay; failed at once where its code would be dead by then. With what this
        /// try may have cost.
        case retry(DeliveryFailure.Reason, after: Duration, paid: Int? = nil)
        /// Its code died in our hands.
        case withdrawn
    }

    /// The state it is in now; nil where another worker holds it or it had ended before, and nothing
    /// was changed.
    typealias Output = DeliveryState?

    var subject: UUID? { message.messageID }

    static let sql = """
        with \(SendLimits.arms(limits: "$12")),
        verdict as (  -- 1. Waiting beyond the code's life would help nobody.
            select case
                       when $4::text <> 'queued' then $4::text
                       when lasting.lasts and not lasting.spent then 'queued'
                       else 'failed'
                   end as state,
                   $4::text = 'queued' and lasting.lasts and lasting.spent as stopped
            from message
            cross join lateral (
                select message.expires_at
                           > clock_timestamp() + $7::float8 * interval '1 second' as lasts,
                       exists (select from reached) as spent) as lasting
            where message.practice_id = $1::uuid
              and message.message_id = $2::uuid
        ),
        settled as (  -- 2. Only by the latest claim. What went out is 'sent' even if it was
                      --    withdrawn meanwhile: support must be able to believe the state.
            update message
            set state = verdict.state,
                -- A message that climbs unless a report comes keeps its body until then; one that
                -- was withdrawn meanwhile has none left.
                body = case
                    when verdict.state = 'queued'
                        or verdict.state = 'sent' and $10::float8 is not null
                    then message.body
                end,
                report_due_at = case
                    when verdict.state = 'sent' and message.body is not null
                    then clock_timestamp() + $10::float8 * interval '1 second'
                end,
                gateway = $8::text,
                rung = case
                    when verdict.state = 'queued' then message.rung + $9::int8
                    else message.rung
                end,
                reason = case
                    when verdict.stopped
                    then '\(DeliveryFailure.Reason.dailyLimitReached.rawValue)'
                    else $5::text
                end,
                former_reason = case
                    when verdict.state = 'queued' and $9::int8 > 0 then $5::text
                    else message.former_reason
                end,
                provider_message_id = $6::text,
                sms_price = coalesce($11::int8, message.sms_price),
                handed_over_at = case when verdict.state = 'sent' then clock_timestamp() end,
                next_attempt_at = clock_timestamp() + $7::float8 * interval '1 second',
                leased_until = null
            from verdict
            where message.practice_id = $1::uuid
              and message.message_id = $2::uuid
              and message.fence = $3::int8
              and (message.state = 'queued' or (message.state = 'withdrawn' and $4::text = 'sent'))
            returning message.state
        ),
        paid as (  -- 3. One that goes out again.
            select
            from settled
            where settled.state = 'queued'
        ),
        \(SendLimits.countedArm(of: "paid"))
        select settled.state, $nonce as nonce
        from (values (1)) as always_one_row
        left join settled on true
        """

    var parameters: [Parameter] {
        let row: [Parameter] = [
            .uuid(message.practiceID), .uuid(message.messageID), .int(message.fence),
        ]
        let way = Parameter.text(gateway)
        return switch result {
        case .sent(let receipt, let price):
            row + [
                .text("sent"), .null, receipt.providerMessageID.map(Parameter.text) ?? .null,
                .real(0), way, .int(0), reportSeconds, price.map(Parameter.int) ?? .null, limits,
            ]
        case .failed(let reason):
            row + [
                .text("failed"), .text(reason.rawValue), .null, .real(0), way, .int(0), .null,
                .null, limits,
            ]
        case .climb(let reason, let price):
            row + [
                .text("queued"), .text(reason.rawValue), .null, .real(0), way, .int(1), .null,
                price.map(Parameter.int) ?? .null, limits,
            ]
        case .retry(let reason, let delay, let price):
            row + [
                .text("queued"), .text(reason.rawValue), .null, .real(delay.seconds), way, .int(0),
                .null, price.map(Parameter.int) ?? .null, limits,
            ]
        case .withdrawn:
            row + [
                .text("withdrawn"), .null, .null, .real(0), way, .int(0), .null, .null, limits,
            ]
        }
    }

    /// What the next try counts towards; nothing where this one can't have been paid for.
    private var limits: Parameter {
        let price: Int? =
            switch result {
            case .climb(_, let paid), .retry(_, _, let paid): paid
            case .sent, .failed, .withdrawn: nil
            }
        return SendLimits.parameter(price.map(message.limits(price:)) ?? [])
    }

    /// How long the gateway has for its report, where there is a rung to climb to without one.
    private var reportSeconds: Parameter {
        guard message.hasNextRung, let seconds = message.gateway?.reportWithinSeconds else {
            return .null
        }
        return .real(Double(seconds))
    }

    static func decode(_ rows: [Row]) throws -> DeliveryState? {
        guard let state = try rows.first?.textIfPresent("state") else { return nil }
        guard let state = DeliveryState(rawValue: state) else {
            throw PostgresError.undecodable("state")
        }
        return state
    }
}
