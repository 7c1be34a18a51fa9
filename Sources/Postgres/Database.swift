import Foundation
import Logging
import ServiceLifecycle
import Synchronization

/// The one door to PostgreSQL.
///
/// Statements that wait at the same time share one commit, and so one flush of the server's disk;
/// callers don't notice: each is answered only after its commit, and another's error never is
/// theirs. Rare work and transactions of several statements have a few connections of their own.
/// Nothing here blocks a thread of Swift's concurrency pool.
package final class Database: Service, Sendable {
    let lanes: [ConnectionThread]
    let ordinary: OrdinaryPool
    private let servers: [[String: String]]
    private let ordinaryServers: [[String: String]]
    let clock = DatabaseClock()
    private let generation = PoolGeneration()
    private let deadline: Duration
    private let underWayWait: Duration
    private let nextLane = Atomic<Int>(0)
    private let hasStarted = Atomic<Bool>(false)
    private let logger: Logger

    /// Connects to nothing yet: the first statement or `run()` does.
    ///
    /// Throws where the connection string can't be read.
    package init(configuration: Configuration, logger: Logger) throws {
        self.logger = logger
        deadline = configuration.deadline
        underWayWait = configuration.underWayWait
        let session = SessionSettings(configuration)
        servers = try session.servers(lockTimeout: configuration.lockTimeout, plans: .generic)
        ordinaryServers = try session.servers(
            lockTimeout: configuration.ordinaryLockTimeout, plans: .auto)
        lanes = (0..<configuration.coalescedLanes).map { index in
            ConnectionThread(
                settings: .init(
                    label: "\(session.label)/lane\(index)",
                    batchLimit: configuration.batchLimit,
                    queueLimit: configuration.queueLimit,
                    contendedLockTimeout: configuration.contendedLockTimeout))
        }
        ordinary = OrdinaryPool(
            threads: (0..<configuration.ordinaryConnections).map { index in
                ConnectionThread(
                    settings: .init(
                        label: "\(session.label)/ordinary\(index)", batchLimit: 1,
                        queueLimit: configuration.ordinaryQueueLimit, contendedLockTimeout: nil))
            },
            waiterLimit: configuration.ordinaryQueueLimit)
    }

    /// Runs one statement in a transaction of its own.
    ///
    /// What says that it is under way elsewhere (`PostgresError.underWay`) is run again for a moment.
    /// - Parameter limit: the caller is answered within this time, the configuration's where nil,
    ///   whatever the server does. The statement is not cancelled then.
    /// - Throws: `PostgresError`.
    package func run<S: Statement>(
        _ statement: S, within limit: Duration? = nil
    ) async throws(PostgresError) -> S.Output {
        let deadline = ContinuousClock.now + (limit ?? deadline)
        let call = try Call(statement)
        start()
        return try await askingAgain { () async throws(PostgresError) in
            let execution: Execution
            switch S.lane {
            case .coalesced:
                execution = try await lane(for: statement.subject).execute(
                    call.plan, call.arguments, subject: statement.subject, kind: .single,
                    deadline: deadline)
            case .ordinary:
                execution = try await ordinary.execute(call, deadline: deadline)
            }
            return try Call.decode(S.self, execution.result)
        }
    }

    /// Runs several statements in one transaction, on a connection of its own meanwhile.
    ///
    /// The body runs again, within the limit and a few times, where the server reports a deadlock or
    /// a conflict with another transaction (40P01, 40001), and for a moment where one of its statements
    /// says that it is under way elsewhere: it must have no effect but by its statements.
    /// - Parameter constraints: unique constraints whose violation means that somebody else was first,
    ///   too: see ``Statement/retryableConstraints``.
    /// - Throws: what the body throws, after a rollback; `PostgresError` of the transaction.
    package func transaction<R: Sendable>(
        within limit: Duration = .seconds(10), rerunningOn constraints: [String] = [],
        _ body: @Sendable (Transaction) async throws -> R
    ) async throws -> R {
        start()
        let deadline = ContinuousClock.now + limit
        return try await askingAgain {
            try await ordinary.transaction(deadline: deadline, rerunningOn: constraints, body)
        }
    }

    /// Connects, and works until the graceful shutdown or the cancellation of the task; then
    /// finishes what was accepted.
    package func run() async throws {
        start()
        // Both ends are orderly ones here: what was accepted is answered.
        try? await gracefulShutdown()
        await shutDown()
    }

    /// A database for one piece of work, as a command of the command line.
    package static func use<R: Sendable>(
        _ configuration: Configuration, logger: Logger,
        _ body: @Sendable (Database) async throws -> R
    ) async throws -> R {
        let database = try Database(configuration: configuration, logger: logger)
        do {
            let outcome = try await body(database)
            await database.shutDown()
            return outcome
        } catch {
            await database.shutDown()
            throw error
        }
    }

    /// How soon what is under way elsewhere is asked for again; twice as long each time, up to
    /// the longest.
    private static let firstPause: Duration = .milliseconds(10)
    private static let longestPause: Duration = .milliseconds(80)

    private func askingAgain<R, Failure: Error>(
        _ attempt: () async throws(Failure) -> R
    ) async throws(Failure) -> R {
        let end = ContinuousClock.now + underWayWait
        var pause = Self.firstPause
        while true {
            do {
                return try await attempt()
            } catch {
                let isUnderWay = (error as? PostgresError) == .underWay
                guard isUnderWay, .now + pause < end, !Task.isCancelled else { throw error }
            }
            try? await Task.sleep(for: pause)
            pause = min(pause * 2, Self.longestPause)
        }
    }

    private func start() {
        if hasStarted.load(ordering: .relaxed) { return }
        hasStarted.store(true, ordering: .relaxed)
        for lane in lanes { lane.start(servers: servers, generation: generation, logger: logger) }
        for thread in ordinary.threads {
            thread.start(servers: ordinaryServers, generation: generation, logger: logger)
        }
    }

    /// Finishes what was accepted; everything later is refused.
    package func shutDown() async {
        for lane in lanes { await lane.drain() }
        await ordinary.drain()
    }

    /// One subject's statements keep to one lane, so that two lanes never wait for each other.
    private func lane(for subject: UUID?) -> ConnectionThread {
        if lanes.count == 1 { return lanes[0] }
        let number =
            subject.map { Int($0.uuid.15) }
            ?? nextLane.wrappingAdd(1, ordering: .relaxed).oldValue
        return lanes[Int(number.magnitude) % lanes.count]
    }
}

/// A statement made ready for a connection.
struct Call {
    let plan: Plan
    let arguments: Arguments

    init<S: Statement>(_ statement: S) throws(PostgresError) {
        let parameters = statement.parameters
        plan = PlanCatalogue.shared.plan(of: S.self, parameterCount: parameters.count)
        // Both are faults of the statement itself, and the first run of it in a test shows them.
        guard plan.parameterCount == parameters.count else { throw .undecodable("parameters") }
        guard plan.hasNonce || S.lane == .ordinary else { throw .undecodable(Plan.nonceColumn) }
        arguments = try Arguments(parameters)
    }

    static func decode<S: Statement>(
        _ statement: S.Type, _ result: ResultSet
    ) throws(PostgresError) -> S.Output {
        do {
            return try S.decode(result.rows)
        } catch let error as PostgresError {
            throw error
        } catch {
            throw .undecodable(S.name)
        }
    }
}
