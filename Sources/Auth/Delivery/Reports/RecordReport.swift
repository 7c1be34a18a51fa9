import Foundation
import Postgres

/// Records what a gateway reports of a message that is with it; a state never goes backwards (Z-27).
///
/// A report that a message failed does not send it elsewhere: where there is a further rung, the
/// message goes there when its report is due, by our own clock (`ClimbUnreported`).
struct RecordReport: Statement {
    let gateway: Gateway
    let report: DeliveryReport

    enum Outcome: String, Sendable {
        case recorded
        /// It was known, or comes too late to say anything.
        case unchanged
        /// The hand-over that it may tell of is not settled yet: it is to come again.
        case early
        /// The gateway has no such message.
        case unknown
    }

    static let sql = """
        with named as (  -- 1. A message that this gateway has now, by our id or by its own number.
            select message.message_id
            from message
            where message.practice_id = $1::uuid
              and message.message_id = coalesce($3::uuid, (
                  select theirs.message_id
                  from message as theirs
                  where theirs.practice_id = $1::uuid
                    and theirs.gateway_id = $2::uuid
                    and theirs.provider_message_id = $4::text
                  limit 1))
              -- Spelled so that no index of all of a gateway's messages is used.
              and message.gateway_id is not distinct from $2::uuid
        ),
        recorded as (  -- 2. Delivered is the last word; failed may still become delivered. A report
                       --    can be quicker than our own commit of the hand-over.
            update message
            set state = $5::text,
                reason = $6::text,
                body = case
                    when $5::text = 'failed' and message.report_due_at is not null
                    then message.body
                end,
                report_due_at = case when $5::text = 'failed' then message.report_due_at end,
                leased_until = null
            from named
            where message.practice_id = $1::uuid
              and message.message_id = named.message_id
              and message.gateway_id is not distinct from $2::uuid
              and (message.state = 'sent'
                   or $5::text = 'delivered' and message.state in ('queued', 'failed'))
            returning message.message_id
        ),
        early as (  -- 3. A gateway can be quicker than our commit, and a report is sent but once: of
                    --    a number that stands nowhere yet, or of a failure while the message is ours.
            select
            from message
            where message.practice_id = $1::uuid
              and message.gateway_id is not distinct from $2::uuid
              and message.state = 'queued'
              and message.leased_until > clock_timestamp()
              and not exists (
                  select from named where named.message_id <> message.message_id)
            limit 1
        )
        select named.message_id is not null as known, recorded.message_id is not null as recorded,
               exists (select from early) as early, $nonce as nonce
        from (values (1)) as always_one_row
        left join named on true
        left join recorded on true
        """

    var parameters: [Parameter] {
        let name: [Parameter] =
            switch report.message {
            case .ours(let id): [.uuid(id), .null]
            case .theirs(let number): [.null, .text(number)]
            }
        return [.uuid(gateway.practiceID), .uuid(gateway.id)] + name + [
            .text(report.state.rawValue),
            report.reason.map { .text($0.rawValue) } ?? .null,
        ]
    }

    static func decode(_ rows: [Row]) throws -> Outcome {
        guard let row = rows.first else { return .unknown }
        if try row.bool("recorded") { return .recorded }
        if try row.bool("early") { return .early }
        return try row.bool("known") ? .unchanged : .unknown
    }
}
