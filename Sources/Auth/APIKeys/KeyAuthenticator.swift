import Foundation
import Postgres
import Synchronization

/// Finds callers, and remembers each for a second: a key that is revoked stops working within that
/// time on every instance (X2), and a busy caller costs one look-up a second.
final class KeyAuthenticator: APIKeyAuthenticator {
    private struct Remembered {
        let caller: Caller
        let until: ContinuousClock.Instant
    }

    private struct State {
        var callers: [[UInt8]: Remembered] = [:]
        /// Rises when something is forgotten: a look-up that was under way then is not remembered.
        var forgotten = 0
    }

    private let database: Database
    private let state = Mutex(State())

    private static let remembersFor = Duration.seconds(1)
    /// Callers remembered at once; reached only by many more live keys than that.
    private static let rememberedLimit = 1024

    init(database: Database) {
        self.database = database
    }

    func caller(forKey text: String) async throws -> Caller? {
        guard let key = APIKey(text) else { return nil }
        let hash = key.hash
        let now = ContinuousClock.now
        let (fresh, forgotten) = state.withLock { state in
            (state.callers[hash].flatMap { $0.until > now ? $0.caller : nil }, state.forgotten)
        }
        if let fresh { return fresh }
        guard let caller = try await database.run(FindCaller(keyHash: hash)) else { return nil }
        state.withLock { state in
            guard state.forgotten == forgotten else { return }
            if state.callers.count >= Self.rememberedLimit {
                state.callers.removeAll(keepingCapacity: true)
            }
            state.callers[hash] = Remembered(caller: caller, until: now + Self.remembersFor)
        }
        return caller
    }

    /// Looks up anew, at this instance at once, what changed: a practice's settings or a key.
    func forget(_ practice: UUID) {
        state.withLock { state in
            state.forgotten += 1
            state.callers = state.callers.filter { $0.value.caller.practice.id != practice }
        }
    }
}
