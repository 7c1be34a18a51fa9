import Foundation
import Logging
import Metrics
import Postgres
import ServiceLifecycle

/// Takes out what no rule needs any more: in small batches, by one instance at a time (O5).
///
/// It goes by the database's clock alone, as the rules do: an instance whose clock is wrong purges
/// nothing too early. A batch that breaks off is undone as a whole, and the next round finds it again.
struct Housekeeper: Service {
    let database: Database
    let retention: Retention
    let logger: Logger
    let metrics: HousekeepingMetrics
    let codeMetrics: CodeMetrics
    /// This instance, in the table of turns.
    let holder = UUID()

    /// How long something may outlive its time.
    static let interval = Duration.seconds(60)
    /// Between two batches, so that requests come first: some three thousand rows a second are left.
    static let pause = Duration.milliseconds(20)
    /// The most one batch may take.
    static let statementLimit = Duration.seconds(2)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: Self.interval)) != nil {
                do {
                    try await round()
                } catch is CancellationError {
                    return
                } catch {
                    logger.warning("housekeeping not done", error: error)
                }
            }
        }
    }

    /// Ends what nobody finished, forgets the national numbers of practices that keep none any more,
    /// counts the codes that nobody used, and purges each table until nothing in it is due.
    ///
    /// - Returns: how many rows by label; nil where it is another instance's turn.
    /// - Throws: why enrolments were not ended or numbers not forgotten, or why a table was not finished,
    ///   after all others were looked at.
    @discardableResult
    func round() async throws -> [String: Int]? {
        var purged: [String: Int] = [:]
        var failure: (any Error)?
        do {
            do {
                try await clear { SweepEnrolments() }
                try await clear { ForgetNationalNumbers() }
                codeMetrics.countExpired(
                    try await database.run(CountExpiredCodes(holder: holder)))
            } catch let error where !(error is CancellationError || error is NotOurTurn) {
                failure = error
            }
            for purge in Purges.all {
                do {
                    purged[purge.label] = try await self.purge(purge)
                } catch let error where !(error is CancellationError || error is NotOurTurn) {
                    failure = error
                }
            }
        } catch is NotOurTurn {
            return nil
        }
        if let failure { throw failure }
        metrics.finished(at: try await database.run(EndTurn(holder: holder)))
        return purged
    }

    private func purge<Purge: PurgeStatement>(_: Purge.Type) async throws -> Int {
        let days = retention.days(of: Purge.self)
        let count = try await clear { Purge(days: days) }
        if count > 0 {
            logger.info("purged", metadata: ["table": "\(Purge.label)", "rows": "\(count)"])
        }
        return count
    }

    /// Runs batches until one is not full.
    @discardableResult
    private func clear<Batch: BatchStatement>(_ batch: () -> Batch) async throws -> Int {
        var total = 0
        while true {
            let turn = try await database.run(TakeTurn(holder: holder))
            metrics.finished(at: turn.finishedAt)
            guard turn.isOurs else { throw NotOurTurn() }
            let count = try await database.run(batch(), within: Self.statementLimit)
            metrics.count(count, of: Batch.table)
            total += count
            guard count == Batch.batchLimit else { return total }
            try await Task.sleep(for: Self.pause)
        }
    }

    private struct NotOurTurn: Error {}
}

/// A statement that does so many rows at a time and says how many there were.
protocol BatchStatement: Statement where Output == Int {
    static var table: String { get }
    /// Few, so that its locks are short, and so that each row is found by its key.
    static var batchLimit: Int { get }
}

/// What ops see: `auth_housekeeping_rows_total` by table, and when all was last in order.
struct HousekeepingMetrics: Sendable {
    private let rows: [String: Counter]
    private let finished: Gauge

    init(factory: any MetricsFactory) {
        let tables = Set(
            Purges.all.map { $0.table } + [SweepEnrolments.table, ForgetNationalNumbers.table])
        rows = Dictionary(
            uniqueKeysWithValues: tables.map { table in
                (
                    table,
                    Counter(
                        label: "auth_housekeeping_rows_total", dimensions: [("table", table)],
                        factory: factory)
                )
            })
        finished = Gauge(label: "auth_housekeeping_finished_timestamp_seconds", factory: factory)
    }

    func count(_ number: Int, of table: String) {
        rows[table]?.increment(by: Int64(number))
    }

    /// When a round, of whichever instance, last found all in order; left alone where none has.
    func finished(at instant: Date?) {
        if let instant { finished.record(instant.timeIntervalSince1970) }
    }
}
