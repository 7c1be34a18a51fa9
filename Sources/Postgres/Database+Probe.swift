import Foundation
import Synchronization

extension Database {
    /// Whether a write is committed now; what readiness asks.
    ///
    /// It goes the way of all requests, so that it sees what they see.
    /// - Throws: `PostgresError`; that of a read-only transaction (25006) on a server in recovery.
    package func probe(within limit: Duration = .seconds(1)) async throws(PostgresError) {
        let asked = ContinuousClock.now
        let found = try await run(ProbeWrite(), within: limit)
        clock.set(found.now, asked: asked)
        if found.isInRecovery { throw .server(sqlState: "25006", constraint: nil) }
    }

    /// The database's time, by which all instances go, whatever their own clocks say.
    package var now: Date { clock.now }

    /// Why a connection is missing at the moment; nil where none has failed since it was last there.
    package var connectFailure: ConnectFailure? {
        for thread in lanes + ordinary.threads {
            if let failure = thread.mailbox.withLock({ $0.connectFailure }) { return failure }
        }
        return nil
    }

    package var gauges: Gauges {
        var gauges = Gauges()
        gauges.queued = ordinary.waiterCount
        for thread in lanes + ordinary.threads {
            thread.mailbox.withLock { mailbox in
                gauges.queued += mailbox.queued + mailbox.arrivals.count
                gauges.inFlight += mailbox.inFlight
                gauges.connectionsOpen += mailbox.isConnected ? 1 : 0
                gauges.statements += mailbox.counts.statements
                gauges.batches += mailbox.counts.batches
                gauges.reruns += mailbox.counts.reruns
                gauges.connectionsLost += mailbox.counts.connectionsLost
            }
        }
        return gauges
    }
}

/// Writes one row, so that readiness knows of a standby that does not answer. A full disk shows only
/// once its page has no room left: no instance would be better off than another.
private struct ProbeWrite: Statement {
    static let spansPractices: String? = "says whether the database takes writes at all"
    static let sql = """
        with written as (
            insert into service_probe (probe_id, probed_at)
            values ($1::int8, clock_timestamp())
            on conflict (probe_id) do update
            set probed_at = excluded.probed_at
            returning probe_id
        )
        select pg_is_in_recovery() as is_in_recovery,
               clock_timestamp() as now,
               $nonce as nonce
        from written
        """

    /// Instances spread over a few rows, so that they don't wait for each other.
    private static let rows = 16
    private static let row = Int.random(in: 0..<rows)

    var parameters: [Parameter] { [.int(Self.row)] }

    static func decode(_ rows: [Row]) throws -> (isInRecovery: Bool, now: Date) {
        guard let row = rows.first else { throw PostgresError.undecodable("is_in_recovery") }
        return (try row.bool("is_in_recovery"), try row.instant("now"))
    }
}

/// The database's time as it was last read, counted on by the clock that nobody sets; the machine's
/// own time until then.
final class DatabaseClock: Sendable {
    private let reading = Mutex<(time: Date, at: ContinuousClock.Instant)?>(nil)

    /// A reading is off by as long as its answer took at most; one that may be off by more is passed over
    /// while there is another: this process, or the server, stood still meanwhile.
    static let tolerance = Duration.milliseconds(100)

    var now: Date {
        guard let reading = reading.withLock({ $0 }) else { return Date() }
        return reading.time + reading.at.duration(to: .now) / .seconds(1)
    }

    /// Takes over what the database said, which was asked at that instant.
    func set(
        _ time: Date, asked: ContinuousClock.Instant, answered: ContinuousClock.Instant = .now
    ) {
        reading.withLock { reading in
            guard reading == nil || asked.duration(to: answered) <= Self.tolerance else { return }
            reading = (time, answered)
        }
    }
}
