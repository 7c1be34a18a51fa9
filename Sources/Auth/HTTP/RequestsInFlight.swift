import Foundation
import Hummingbird
import Synchronization

/// The requests this process is working on, from the first byte of their head to the last of their
/// answer.
///
/// The connection (event loop) and the middleware (a task) meet here: whichever answers first
/// claims the record, so that a handler that hangs cannot keep its caller waiting, and nothing is
/// answered or logged twice.
final class RequestsInFlight: Sendable {
    private let state: Mutex<State>

    private struct State {
        var entries: [UUID: Entry] = [:]
        var isDraining = false
    }

    private struct Entry {
        let record: RequestRecord
        /// Whether a handler has it, which then stays on the account until it returns, answered or
        /// not.
        var isHandled = false
    }

    private let connections = Atomic<Int>(0)

    init() { state = Mutex(State()) }

    /// Connections now open.
    var openConnections: Int { connections.load(ordering: .relaxed) }

    func connectionOpened() { connections.add(1, ordering: .relaxed) }
    func connectionClosed() { connections.subtract(1, ordering: .relaxed) }

    /// Requests now being worked on.
    var count: Int { state.withLock { $0.entries.count } }

    /// Whether every answer asks for the connection to be closed, since this process is going away.
    var isDraining: Bool { state.withLock { $0.isDraining } }

    /// From now on connections are closed after their answer.
    func startDraining() { state.withLock { $0.isDraining = true } }

    /// Adds a record, or returns false where `limit` of them are there already.
    func add(_ record: RequestRecord, limit: Int) -> Bool {
        state.withLock { state in
            guard state.entries.count < limit else { return false }
            state.entries[record.id] = Entry(record: record)
            return true
        }
    }

    /// The connection has done with it; it leaves the account unless a handler has it.
    func release(_ record: RequestRecord) {
        state.withLock { state in
            if state.entries[record.id]?.isHandled == false { state.entries[record.id] = nil }
        }
    }

    /// The handler has done with it.
    func remove(_ record: RequestRecord) {
        state.withLock { _ = $0.entries.removeValue(forKey: record.id) }
    }

    /// Hands the record that the connection made for `request` to its handler; nil where the
    /// connection has answered it, or lost its caller, before the handler could start.
    ///
    /// The connection wrote the id over `X-Request-Id`, so no caller can name one.
    func take(for request: Request) -> RequestRecord? {
        guard let id = request.headers[.requestID].flatMap({ UUID(uuidString: $0) }) else {
            return nil
        }
        return state.withLock { state in
            state.entries[id]?.isHandled = true
            return state.entries[id]?.record
        }
    }
}
