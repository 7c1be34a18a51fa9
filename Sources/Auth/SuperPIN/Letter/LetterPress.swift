import Foundation
import Synchronization

/// Draws letters on threads of its own, with a bounded queue (Z-21).
final class LetterPress: Sendable {
    /// Too many letters wait; try again in a second.
    struct Overloaded: Error {}

    /// A page takes some 20 ms once the fonts are known: the last in the queue is drawn in time.
    static let longestQueue = 16

    private let threads = BlockingThreads(count: 1, name: "letter-press")
    private let queued = Mutex(0)

    deinit {
        threads.stop()
    }

    /// Keeps a place in the queue while `body` makes what is to be printed: a super-PIN that nobody
    /// can print must not take another's place.
    ///
    /// - Throws: ``Overloaded`` before anything was made; what `body` throws.
    func withPlace<Result: Sendable>(
        _ body: () async throws -> Result
    ) async throws -> Result {
        let hasPlace = queued.withLock { queued in
            guard queued < Self.longestQueue else { return false }
            queued += 1
            return true
        }
        guard hasPlace else { throw Overloaded() }
        defer { queued.withLock { $0 -= 1 } }
        return try await body()
    }

    /// The letter as a PDF; the caller has a place.
    ///
    /// - Throws: ``LetterPage/Fault``.
    func pdf(_ letter: Letter) async throws -> [UInt8] {
        try await threads.run { Swift.Result { try LetterPage(letter: letter).pdf() } }.get()
    }
}
