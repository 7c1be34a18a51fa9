import Foundation

/// Work that waits, on a thread of its own instead of one of Swift's concurrency pool.
enum Blocking {
    static func run<R: Sendable>(
        _ name: String, _ body: @escaping @Sendable () throws -> R
    ) async throws -> R {
        try await withCheckedThrowingContinuation { continuation in
            let thread = Thread {
                continuation.resume(with: Swift.Result { try body() })
            }
            thread.name = name
            thread.start()
        }
    }
}
