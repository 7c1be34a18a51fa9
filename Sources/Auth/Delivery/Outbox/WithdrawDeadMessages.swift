import Foundation
import Postgres

/// Withdraws messages that died while they wait for a later try, and erases their bodies.
///
/// A claim would find out by itself; this makes it visible within seconds, and a backlog of dead
/// messages goes at once instead of one by one in front of the living (C4).
struct WithdrawDeadMessages: Statement {
    /// Messages of one round, so that its locks are short.
    static let batchLimit = 200

    static let lane = Lane.ordinary
    static let spansPractices: String? = "one dispatcher delivers for every practice"

    static let sql = """
        with dead as (  -- 1. Those in a worker's hands are the worker's to judge.
            select message.practice_id, message.message_id
            from message
            where message.state = 'queued'
              -- A reminder that is for later is judged when its time comes.
              and message.created_at <= clock_timestamp()
              and (message.leased_until is null or message.leased_until < clock_timestamp())
              -- Not `not exists`: as a join it would read every message there is.
              and (
                  select live_message.message_id
                  from live_message
                  where live_message.practice_id = message.practice_id
                    and live_message.message_id = message.message_id) is null
            limit $1::int8
            for update skip locked
        ),
        withdrawn as (
            update message
            set state = 'withdrawn', body = null, leased_until = null
            from dead
            where message.practice_id = dead.practice_id
              and message.message_id = dead.message_id
              and message.state = 'queued'
            returning message.channel
        ),
        counted as (
            select withdrawn.channel, count(*) as messages
            from withdrawn
            group by withdrawn.channel
        )
        select counted.channel, counted.messages, $nonce as nonce
        from (values (1)) as always_one_row
        left join counted on true
        """

    var parameters: [Parameter] { [.int(Self.batchLimit)] }

    /// How many of each channel.
    static func decode(_ rows: [Row]) throws -> [ChannelKind: Int] {
        try rows.reduce(into: [:]) { counts, row in
            guard let name = try row.textIfPresent("channel") else { return }
            guard let channel = ChannelKind(rawValue: name) else {
                throw PostgresError.undecodable("channel")
            }
            counts[channel] = try row.int("messages")
        }
    }
}
