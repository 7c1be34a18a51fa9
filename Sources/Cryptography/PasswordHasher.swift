import CLibSSL
import Foundation

/// Too many hashes wait, or the hasher is ending: try again later.
package struct HasherOverloaded: Error, Equatable {
    /// When a place is likely to be free: at least a second.
    package let retryAfter: Duration

    /// A refusal with this advice.
    package init(retryAfter: Duration) {
        self.retryAfter = retryAfter
    }
}

/// Hashes and verifies passwords on threads of its own, at most so many at once and in a fair order
/// (Z-21, ASVS 15.1.3).
///
/// Memory in use at once is at most the threads times what the dearest accepted hash takes, 76 MiB.
package final class PasswordHasher: Sendable {
    /// What a metrics page shows.
    package struct Gauges: Sendable, Equatable {
        /// Waiting, from known networks.
        package let known: Int
        /// Waiting, from other networks.
        package let unknown: Int
        /// Waiting, for imports.
        package let imports: Int
        /// Hashes being computed.
        package let busy: Int
        /// Threads, so the most that ``busy`` can be.
        package let threads: Int
        /// All that wait.
        package var waiting: Int { known + unknown + imports }
    }

    /// The longest that a newcomer is expected to wait: half of a request's answer deadline, so that
    /// nobody is hashed who has been answered already.
    package static let longestWait = Duration.milliseconds(1200)
    /// Half of the cores, so that hashing leaves room for the rest of the service.
    package static let threadCount = max(1, ProcessInfo.processInfo.activeProcessorCount / 2)

    /// A hash of random bytes, made when the process started: verifying a password against it takes
    /// what a real one takes, and never succeeds.
    package let dummyHash: String
    /// What one hash takes on this machine when it is quiet.
    package let cost: Duration
    /// What the dearest accepted (imported) hash takes on this machine when it is quiet; the time
    /// floor of refusals stands above it (Z-20). Who asks first has it measured, in the background.
    package var dearestCost: Duration { HashCost.dearest(ours: cost) }
    let threads: HashingThreads

    /// Begins to measure what a hash takes, for which ``init(threads:longestWait:)`` waits: a start has
    /// other things to do meanwhile. First of all in a process that serves: its other threads begin later.
    package static func prepare() {
        shim_give_large_blocks_back()
        HashCost.begin()
    }

    /// Starts the threads, and measures what a hash takes.
    ///
    /// - Parameter longestWait: more than threads can work off in this time does not wait; at least
    ///   one does.
    package init(threads: Int = threadCount, longestWait: Duration = longestWait) throws {
        (dummyHash, cost) = try HashCost.own.get()
        let turns = max(1, longestWait / cost * Double(threads))
        let queueLimit = UInt64(turns * Double(Argon2id.current.cost))
        self.threads = HashingThreads(count: threads, queueLimit: queueLimit)
    }

    deinit {
        threads.stop(refusingWith: HasherOverloaded(retryAfter: Self.shortestRetry))
    }

    /// A PHC string of the password, with a fresh salt.
    ///
    /// Throws ``HasherOverloaded`` at once where the queue has no place, or when a fairer turn takes
    /// the place; `CancellationError` when cancelled while waiting; ``Argon2id/MemoryExhausted``.
    package func hash(_ password: Secret<[UInt8]>, turn: Turn) async throws -> String {
        try await perform(turn: turn) { try Argon2id.hash(password) }
    }

    /// Whether the password made this hash; throws as ``hash(_:turn:)`` does, and ``HashRefusal``
    /// (without a turn in the queue) where the stored string is not an accepted hash.
    package func verify(
        _ password: Secret<[UInt8]>, against text: String, turn: Turn
    ) async throws -> Bool {
        let hash = try PasswordHash(parsing: text)
        return try await perform(turn: turn, cost: hash.cost) { try hash.isOf(password) }
    }

    /// What waits and what runs now.
    package var gauges: Gauges { threads.gauges }

    /// Refuses all that wait, and returns when the hashes under way and the threads have ended.
    package func shutdown() async {
        threads.stop(refusingWith: HasherOverloaded(retryAfter: Self.shortestRetry))
        await threads.ended()
    }

    /// Runs work on one of the threads, in its turn.
    func perform<Result: Sendable>(
        turn: Turn, cost: UInt64 = Argon2id.current.cost,
        _ work: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        let ticket = threads.ticket()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let job = HashingThreads.Job(
                    run: { continuation.resume(with: Swift.Result(catching: work)) },
                    refuse: { continuation.resume(throwing: $0) })
                threads.add(
                    job, ticket: ticket, turn: turn, cost: cost, overloaded: overloaded)
                // A cancellation before the job was queued found nothing to withdraw.
                if Task.isCancelled { threads.withdraw(ticket: ticket) }
            }
        } onCancel: {
            threads.withdraw(ticket: ticket)
        }
    }

    private static let shortestRetry = Duration.seconds(1)

    /// The time that the queue takes to run dry.
    private var overloaded: HasherOverloaded {
        let hashes = Double(threads.waitingCost) / Double(Argon2id.current.cost)
        let wait = cost * ((hashes + Double(threads.gauges.busy)) / Double(threads.count))
        return HasherOverloaded(retryAfter: max(Self.shortestRetry, wait))
    }
}
