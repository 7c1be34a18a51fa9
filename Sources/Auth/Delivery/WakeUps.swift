import Foundation

/// A bell for one listener: rings that nobody has heard yet count as one.
struct WakeUps: Sendable {
    /// What the listener loops over; it ends with `end()`.
    let rings: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (rings, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func ring() {
        continuation.yield()
    }

    /// Rings at once, and then about that often until the task is cancelled.
    func ring(every interval: Duration) async {
        while !Task.isCancelled {
            ring()
            // A fifth of jitter, so that instances that started together don't look together.
            try? await Task.sleep(for: interval * Double.random(in: 0.8...1.2))
        }
    }

    func end() {
        continuation.finish()
    }
}
