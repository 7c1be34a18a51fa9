import Foundation
import Postgres

/// Takes the message that has been due for longest, for one worker; withdraws it where its code, or
/// itself, is dead (SC-9).
///
/// The claim is a lease: a worker that dies loses the message when it runs out, and each claim raises
/// the fence, so that a worker which comes back late can no longer settle what another one holds
/// (C3).
struct ClaimMessage: Statement {
    /// How long a worker may take; `Dispatcher.handOverLimit` and a commit fit in.
    static let lease = Duration.seconds(15)

    enum Outcome: Sendable {
        case claimed(ClaimedMessage)
        case withdrawn(messageID: UUID, channel: ChannelKind)
        case noneDue
    }

    static let spansPractices: String? = "one dispatcher delivers for every practice"

    // The instant is a subquery because an index can't be searched by a volatile function.
    static let sql = """
        with due as (  -- 1. The first in line that nobody is holding.
            select message.practice_id, message.message_id, message.code_id, message.channel,
                   message.template, message.rung
            from message
            where message.state = 'queued'
              and message.next_attempt_at <= (select clock_timestamp())
              and message.channel = any($1::text[])
              -- What its gateway can't take now stays here, in nobody's way.
              and (concat_ws('/', message.practice_id, message.channel, message.rung)
                       <> all($3::text[])
                   or \(goesByOperator("message")))
              and (message.channel <> all($4::text[]) or \(goesByGateway("message")))
              and (not $5::bool or not (\(goesByGateway("message"))))
              -- A stopped channel makes no codes, and what it has waits while it lives.
              and message.channel not in (select send_stop.channel from send_stop)
            order by message.next_attempt_at
            limit 1
            for update skip locked
        ),
        judged as (  -- 2. Leased, or withdrawn where it would tell of what is over.
            update message
            set state = case when living.message_id is null then 'withdrawn' else 'queued' end,
                body = case when living.message_id is null then null else message.body end,
                fence = message.fence + 1,
                attempts = message.attempts + (living.message_id is not null)::int4,
                gateway_id = gateway.gateway_id,
                leased_until = case
                    when living.message_id is not null
                    then clock_timestamp() + $2::float8 * interval '1 second'
                end,
                next_attempt_at = clock_timestamp() + $2::float8 * interval '1 second'
            from due
            join practice using (practice_id)
            left join live_message as living using (practice_id, message_id)
            left join code using (practice_id, code_id)
            -- The gateway on its rung; on the last one where the ladder was shortened meanwhile. What
            -- watches over the practice's own gateways goes by none of them.
            left join lateral (
                select *
                from (
                    select gateway.*,
                           row_number() over (order by gateway.rung, gateway.name) as place,
                           count(*) over () as places
                    from gateway
                    where gateway.practice_id = due.practice_id
                      and gateway.kind = due.channel
                      and not \(goesByOperator("due"))
                ) as ladder
                where ladder.place <= due.rung
                order by ladder.place desc
                limit 1
            ) as gateway on true
            where message.practice_id = due.practice_id
              and message.message_id = due.message_id
            returning message.state, message.practice_id, message.message_id, message.channel,
                      message.template, message.locale, message.body, message.fence,
                      message.attempts, message.expires_at,
                      message.rung as message_rung,
                      message.rung < coalesce(gateway.places, 0) as has_next_rung,
                      \(Gateway.columns),
                      code.reference, coalesce(code.sent_at, message.created_at) as sent_at,
                      practice.name, practice.time_zone, practice.support_contact,
                      practice.country, practice.sms_cost_currency,
                      practice.sms_per_day, practice.sms_cost_per_day,
                      message.sms_lane, message.number_block
        )
        select judged.*, $nonce as nonce
        from (values (1)) as always_one_row
        left join judged on true
        """

    /// Whether a row's message goes by the operator's own channel. An SMS never does: nobody but the
    /// practice has a gateway for the numbers of its patients.
    private static func goesByOperator(_ row: String) -> String {
        let templates = MessageTemplate.allCases.filter { !$0.isThePractices }
            .map { "'\($0.rawValue)'" }.joined(separator: ", ")
        return "(\(row).template in (\(templates)) and \(row).channel = 'email')"
    }

    /// Whether it goes by a gateway of its practice's.
    private static func goesByGateway(_ row: String) -> String {
        """
        not \(goesByOperator(row)) and exists (
                       select
                       from gateway
                       where gateway.practice_id = \(row).practice_id
                         and gateway.kind = \(row).channel)
        """
    }

    /// The kinds of message that this worker has a channel for.
    let channels: [ChannelKind]
    /// What is left where it is, since its gateway is closed or full.
    var held = GatewayTraffic.Held()

    var parameters: [Parameter] {
        [
            .texts(channels.map(\.rawValue)), .real(Self.lease.seconds), .texts(held.rungs),
            .texts(held.kinds.map(\.rawValue)), .bool(held.gateways),
        ]
    }

    static func decode(_ rows: [Row]) throws -> Outcome {
        guard let row = rows.first, let state = try row.textIfPresent("state") else {
            return .noneDue
        }
        guard let channel = ChannelKind(rawValue: try row.text("channel")) else {
            throw PostgresError.undecodable("channel")
        }
        guard state == DeliveryState.queued.rawValue else {
            return .withdrawn(messageID: try row.uuid("message_id"), channel: channel)
        }
        return .claimed(try ClaimedMessage(row, channel: channel))
    }
}

/// A message in one worker's hands: what is in its row, and what its text says of code and practice.
struct ClaimedMessage: Sendable {
    let practiceID: UUID
    let messageID: UUID
    let channel: ChannelKind
    /// Nil for a text that this version does not know (an older instance, a newer row).
    let template: MessageTemplate?
    let locale: String
    /// Sealed; see `OutgoingMessage`.
    let body: [UInt8]
    /// What shows at the end that the lease is still ours.
    let fence: Int
    /// This attempt's number, from 1.
    let attempt: Int
    let expiresAt: Date
    /// Of its code; nil where it carries none.
    let reference: String?
    /// When its code was made, or what it tells of was done.
    let sentAt: Date
    let practiceName: String
    let timeZone: TimeZone
    let supportContact: String
    /// What the practice's SMS are paid in.
    let currency: Practice.Currency
    /// What the practice may send and spend in a day, and the part of it that the message was counted in.
    let smsPerDay: Int
    let smsCostPerDay: Int
    let smsLane: SendLimit.SMSLane?
    let numberBlock: String?
    /// The gateway on its rung; nil where the practice leaves the kind to the operator.
    let gateway: Gateway?
    let rung: Int
    let hasNextRung: Bool

    init(_ row: Row, channel: ChannelKind) throws {
        self.channel = channel
        practiceID = try row.uuid("practice_id")
        messageID = try row.uuid("message_id")
        template = MessageTemplate(rawValue: try row.text("template"))
        locale = try row.text("locale")
        body = try row.bytes("body")
        fence = try row.int("fence")
        attempt = try row.int("attempts")
        expiresAt = try row.instant("expires_at")
        reference = try row.textIfPresent("reference")
        sentAt = try row.instant("sent_at")
        practiceName = try row.text("name")
        guard let timeZone = TimeZone(identifier: try row.text("time_zone")) else {
            throw PostgresError.undecodable("time_zone")
        }
        self.timeZone = timeZone
        supportContact = try row.text("support_contact")
        let chosen = try row.textIfPresent("sms_cost_currency")
            .flatMap(Practice.Currency.init(rawValue:))
        guard let country = Practice.Country(rawValue: try row.text("country")) else {
            throw PostgresError.undecodable("country")
        }
        currency = chosen ?? country.currency
        smsPerDay = try row.int("sms_per_day")
        smsCostPerDay = try row.intIfPresent("sms_cost_per_day") ?? country.smsCostPerDay
        smsLane = try row.textIfPresent("sms_lane").flatMap(SendLimit.SMSLane.init(rawValue:))
        numberBlock = try row.textIfPresent("number_block")
        gateway = try Gateway(row)
        rung = try row.int("message_rung")
        hasNextRung = try row.bool("has_next_rung")
    }
}

extension ClaimedMessage {
    /// Which breaker it goes through.
    var way: GatewayTraffic.Way {
        gateway.map { .gateway($0.id) } ?? .operators(channel)
    }

    /// What its next try is held to where the last one may have been paid for.
    func limits(price: Int) -> [SendLimit] {
        SendLimit.again(
            price: price, messagesPerDay: smsPerDay, costPerDay: smsCostPerDay, lane: smsLane,
            block: numberBlock.map(BlockCount.init(block:)))
    }

    /// As `ClaimMessage` spells the rung of a message.
    var place: String { "\(practiceID.text)/\(channel.rawValue)/\(rung)" }
}
