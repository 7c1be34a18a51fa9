import Foundation
import Synchronization

extension Database {
    /// Whether a write is committed now; what readiness asks.
    ///
    /// It goes the way of all requests, so that it sees what they see.
    /// - Throws: `PostgresError`; that of a read-only transaction (25006) on a server in recovery.
    package func probe(within limit: Duration = .seconds(1)) async throws(PostgresError) {
        let isInRecovery = try await run(ProbeWrite(), within: limit)
        if isInRecovery { throw .server(sqlState: "25006", constraint: nil) }
    }

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

/// Writes one row, so that readiness knows of a full disk and of a standby that does not answer.
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
               $nonce as nonce
        from written
        """

    /// Instances spread over a few rows, so that they don't wait for each other.
    private static let rows = 16
    private static let row = Int.random(in: 0..<rows)

    var parameters: [Parameter] { [.int(Self.row)] }

    static func decode(_ rows: [Row]) throws -> Bool {
        guard let row = rows.first else { throw PostgresError.undecodable("is_in_recovery") }
        return try row.bool("is_in_recovery")
    }
}
