import Foundation

/// The result of one execution, and the session it ran in.
struct Execution: Sendable {
    let result: ResultSet
    /// Counts the connections of one `ConnectionThread`: an open transaction lives in one of them.
    let session: Int
}

/// One execution on its way through a connection's thread, to be answered exactly once.
struct Job: Sendable, Coalescable {
    enum Kind: Sendable, Equatable {
        /// A transaction of its own.
        case single
        /// Opens a transaction.
        case begin
        /// Part of the transaction that is open in the session.
        case inTransaction(session: Int)
        /// Ends the transaction that is open in the session.
        case commit(session: Int)

        var session: Int? {
            switch self {
            case .single, .begin: nil
            case .inTransaction(let session), .commit(let session): session
            }
        }
    }

    typealias Answer = Swift.Result<Execution, PostgresError>

    let plan: Plan
    let arguments: Arguments
    let subject: UUID?
    let kind: Kind
    let deadline: ContinuousClock.Instant
    /// Unchecked, since this is the hot path; the thread that has the job resumes it once.
    let continuation: UnsafeContinuation<Answer, Never>

    /// Fresh for each time it is sent.
    var nonce: Int64 = 0
    /// How often it was run again after it failed by itself or its connection was lost.
    var reruns = 0
    /// Its caller has left at the deadline; what still comes is thrown away.
    var isAnswered = false

    init(
        plan: Plan, arguments: Arguments, subject: UUID?, kind: Kind,
        deadline: ContinuousClock.Instant, continuation: UnsafeContinuation<Answer, Never>
    ) {
        self.plan = plan
        self.arguments = arguments
        self.subject = subject
        self.kind = kind
        self.deadline = deadline
        self.continuation = continuation
    }
}
