/// What is done about a statement that failed by itself, and so certainly had no effect.
enum Remedy: Equatable {
    case answer(PostgresError)
    /// Run it again on the same connection.
    case rerun(after: Duration, isContended: Bool)
    /// Run it again on a new connection: this one's prepared statements are out of date.
    case reconnect
    /// Run it again, but no connection of the pool is of use any more.
    case replacePool

    /// How often a statement is run again for a reason that a second run should mend.
    private static let rerunLimit = 2
    /// The longest wait after the first conflict; doubled with each further one.
    private static let firstConflictDelay: Duration = .milliseconds(10)
    /// The longest wait after any conflict.
    private static let longestConflictDelay: Duration = .milliseconds(160)

    /// - Parameters:
    ///   - reruns: how often this statement was run again before.
    ///   - jitter: from 0 up to 1; spreads those that met in a conflict.
    init(
        for failure: ServerFailure, reruns: Int, retryableConstraints: [String], jitter: Double
    ) {
        switch failure.sqlState {
        case _ where failure.isOfServer:
            self = .replacePool
        case "40001", "40P01":  // serialization failure, deadlock
            let delay = Self.conflictDelay(after: reruns, jitter: jitter)
            self = .rerun(after: delay, isContended: false)
        case "55P03":  // lock not available
            let delay = Self.conflictDelay(after: reruns + 1, jitter: jitter)
            self = .rerun(after: delay, isContended: true)
        case "23505" where reruns < Self.rerunLimit:  // unique violation
            let isRetryable = failure.constraint.map(retryableConstraints.contains) ?? false
            self = isRetryable ? .rerun(after: .zero, isContended: false) : .refusal(failure)
        case "26000", "0A000":  // no such prepared statement; its result type changed
            self = reruns < Self.rerunLimit ? .reconnect : .refusal(failure)
        case "57014":  // cancelled, as by statement_timeout
            self = .answer(.unavailable(.serverOverloaded))
        case let state where state.hasPrefix("53") || state.hasPrefix("58"):  // disk, memory, I/O
            self = .answer(.unavailable(.serverOverloaded))
        default:
            self = .refusal(failure)
        }
    }

    private static func refusal(_ failure: ServerFailure) -> Remedy {
        .answer(.server(sqlState: failure.sqlState, constraint: failure.constraint))
    }

    private static func conflictDelay(after reruns: Int, jitter: Double) -> Duration {
        let longest = min(firstConflictDelay * (1 << min(reruns, 8)), longestConflictDelay)
        return longest * (0.5 + jitter / 2)
    }
}
