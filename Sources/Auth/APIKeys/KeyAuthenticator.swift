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

    private let database: Database
    private let remembered = Mutex<[[UInt8]: Remembered]>([:])

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
        let fresh = remembered.withLock { callers in
            callers[hash].flatMap { $0.until > now ? $0.caller : nil }
        }
        if let fresh { return fresh }
        guard let caller = try await database.run(FindCaller(keyHash: hash)) else { return nil }
        remembered.withLock { callers in
            if callers.count >= Self.rememberedLimit { callers.removeAll(keepingCapacity: true) }
            callers[hash] = Remembered(caller: caller, until: now + Self.remembersFor)
        }
        return caller
    }
}
