import Foundation
import Synchronization

/// The connections for rare work: each has one user at a time.
final class OrdinaryPool: Sendable {
    let threads: [ConnectionThread]

    private struct State {
        var pool: PoolState
        var waiters: [PoolState.Ticket: UnsafeContinuation<Lease, Never>] = [:]
        var drained: [UnsafeContinuation<Void, Never>] = []
    }
    private enum Lease {
        case connection(Int)
        case refused(Unavailability)
    }
    private let state: Mutex<State>

    init(threads: [ConnectionThread], waiterLimit: Int) {
        self.threads = threads
        state = Mutex(State(pool: PoolState(size: threads.count, waiterLimit: waiterLimit)))
    }

    var waiterCount: Int { state.withLock { $0.pool.waiterCount } }

    /// Runs one statement in a transaction of its own.
    func execute(
        _ call: Call, deadline: ContinuousClock.Instant
    ) async throws(PostgresError) -> Execution {
        let connection = try await lease(before: deadline)
        defer { release(connection) }
        return try await threads[connection].execute(
            call.plan, call.arguments, kind: .single, deadline: deadline)
    }

    /// How often a body runs again. Each run sees what the one before it met, so that a few will do;
    /// what is met at the last of these would be met for ever.
    static let rerunLimit = 16

    /// Runs the body in a transaction, again after a conflict with another.
    func transaction<R: Sendable>(
        deadline: ContinuousClock.Instant, rerunningOn constraints: [String],
        _ body: @Sendable (Transaction) async throws -> R
    ) async throws -> R {
        let connection = try await lease(before: deadline)
        defer { release(connection) }
        var reruns = 0
        while true {
            let transaction = try await Transaction(on: threads[connection], deadline: deadline)
            do {
                let outcome = try await body(transaction)
                try await transaction.commit()
                return outcome
            } catch {
                await transaction.rollBack()
                guard (error as? PostgresError)?.isConflict(constraints) ?? false,
                    deadline > .now, reruns < Self.rerunLimit
                else { throw error }
                reruns += 1
            }
        }
    }

    /// Refuses new work; returns when what was accepted is done and the threads have ended.
    func drain() async {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            let isDrained = state.withLock { state in
                state.pool.shut()
                if state.pool.isDrained { return true }
                state.drained.append(continuation)
                return false
            }
            if isDrained { continuation.resume() }
        }
        for thread in threads { await thread.drain() }
    }

    private func lease(before deadline: ContinuousClock.Instant) async throws(PostgresError) -> Int
    {
        let lease = await withUnsafeContinuation { continuation in
            let decision = state.withLock { state in
                let decision = state.pool.request()
                if case .wait(let ticket) = decision { state.waiters[ticket] = continuation }
                return decision
            }
            switch decision {
            case .lease(let connection): continuation.resume(returning: .connection(connection))
            case .refuse(let reason): continuation.resume(returning: .refused(reason))
            case .wait(let ticket): withdraw(ticket, at: deadline)
            }
        }
        switch lease {
        case .connection(let connection): return connection
        case .refused(let reason): throw .unavailable(reason)
        }
    }

    /// The connections' threads may all be asleep in other people's transactions, so the clock of
    /// those who wait is a timer's.
    private func withdraw(_ ticket: PoolState.Ticket, at deadline: ContinuousClock.Instant) {
        let remaining = ContinuousClock.now.duration(to: deadline) / .seconds(1)
        DispatchQueue.global().asyncAfter(deadline: .now() + max(remaining, 0)) { [self] in
            let waiter = state.withLock { state in
                state.pool.withdraw(ticket) ? state.waiters.removeValue(forKey: ticket) : nil
            }
            waiter?.resume(returning: .refused(.waitedTooLong))
            announceDrained()
        }
    }

    private func release(_ connection: Int) {
        let waiter = state.withLock { state in
            state.pool.release(connection).flatMap { state.waiters.removeValue(forKey: $0) }
        }
        waiter?.resume(returning: .connection(connection))
        announceDrained()
    }

    private func announceDrained() {
        let waiting = state.withLock { state -> [UnsafeContinuation<Void, Never>] in
            guard state.pool.isDrained else { return [] }
            defer { state.drained = [] }
            return state.drained
        }
        for continuation in waiting { continuation.resume() }
    }
}

extension PostgresError {
    /// The server undid the transaction because of another one: the same again may succeed.
    fileprivate func isConflict(_ constraints: [String]) -> Bool {
        switch self {
        case .server("40001", _), .server("40P01", _): true
        case .server("23505", let constraint?): constraints.contains(constraint)
        default: false
        }
    }
}
