import Cryptography
import Foundation
import Synchronization

/// What is known of one request: for its log line, its metrics, and for telling who answered it.
final class RequestRecord: Sendable {
    /// Made here for each request, never taken over: `X-Request-Id` of the answer.
    let id: UUID
    let method: String
    let startedAt: ContinuousClock.Instant
    private let state: Mutex<State>

    /// What becomes known on the way; ids and constants only, never a value that a caller sent, but
    /// for two that have a strict form (`traceID`, `clientRequestID`).
    struct Facts: Sendable {
        /// The template of the route, `/v1/logins/{id}`, never the target (Z-29).
        var route = "unmatched"
        var clientID: UUID?
        /// The caller's practice: its id for the log, its clock and contact for the texts.
        var practice: Practice?
        /// 32 hex digits of a valid `traceparent`.
        var traceID: String?
        /// The caller's own id for the request, where it is a short token.
        var clientRequestID: String?
    }

    private struct State {
        var facts = Facts()
        var isAnswered = false
        var waiter: CheckedContinuation<Void, any Error>?
    }

    init(id: UUID = SecureRandom.uuid(), method: String, startedAt: ContinuousClock.Instant = .now)
    {
        self.id = id
        self.method = method
        self.startedAt = startedAt
        state = Mutex(State())
    }

    var facts: Facts { state.withLock { $0.facts } }

    func update(_ change: (inout sending Facts) -> Void) {
        state.withLock { change(&$0.facts) }
    }

    /// True for the first who asks: that one answers and logs, a later one does neither.
    func claimAnswer() -> Bool {
        let (isFirst, waiter) = state.withLock { state in
            defer { (state.isAnswered, state.waiter) = (true, nil) }
            return (!state.isAnswered, state.waiter)
        }
        waiter?.resume()
        return isFirst
    }

    /// Whether an answer is under way or gone, so that no other one can go out.
    var isAnswered: Bool { state.withLock { $0.isAnswered } }

    /// Returns when the request has its answer; throws when its task is cancelled before that.
    ///
    /// For the one who works on it, who learns by this that the connection answered in its place.
    func untilAnswered() async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isOver = state.withLock { state in
                    if !state.isAnswered { state.waiter = continuation }
                    return state.isAnswered
                }
                if isOver { continuation.resume() }
                // A cancellation before there was a waiter found none.
                if Task.isCancelled { stopWaiting() }
            }
        } onCancel: {
            stopWaiting()
        }
    }

    private func stopWaiting() {
        let waiter = state.withLock { state in
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(throwing: CancellationError())
    }
}
