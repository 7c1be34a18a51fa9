import Foundation
import Postgres

/// The kill switch of a channel, for all practices: the very next send on every instance is refused
/// (SU-6).
struct StopSending: Statement {
    let channel: ChannelKind
    /// For whoever finds it stopped.
    let reason: String

    static let lane = Lane.ordinary
    static let spansPractices: String? = "a channel is stopped for everybody"

    static let sql = """
        with stopped as (
            insert into send_stop (channel, reason)
            values ($1::text, $2::text)
            on conflict (channel) do update
            set reason = excluded.reason
            returning channel
        )
        select exists (select from stopped) as stopped, $nonce as nonce
        """

    var parameters: [Parameter] { [.text(channel.rawValue), .text(reason)] }

    static func decode(_ rows: [Row]) throws {}
}

/// Lets a channel send again.
struct ResumeSending: Statement {
    let channel: ChannelKind

    static let lane = Lane.ordinary
    static let spansPractices: String? = "a channel is stopped for everybody"

    static let sql = """
        with resumed as (
            delete from send_stop
            where send_stop.channel = $1::text
            returning channel
        )
        select exists (select from resumed) as resumed, $nonce as nonce
        """

    var parameters: [Parameter] { [.text(channel.rawValue)] }

    /// Whether it had been stopped.
    static func decode(_ rows: [Row]) throws -> Bool {
        try rows.first?.bool("resumed") ?? false
    }
}
