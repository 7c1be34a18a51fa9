import Foundation

/// A few threads for a library that blocks, so that it never holds up the cooperative pool.
final class BlockingThreads: Sendable {
    private let queue = WorkQueue()

    /// Starts the threads; they end at `stop()`, each after the work it has in hand.
    init(count: Int, name: String) {
        for number in 1...max(count, 1) {
            let thread = Thread { [queue] in
                while let work = queue.next() { work() }
            }
            thread.name = "\(name)-\(number)"
            thread.start()
        }
    }

    /// Runs the work on one of the threads, as soon as one is free.
    func run<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            queue.add { continuation.resume(returning: work()) }
        }
    }

    /// Lets the threads end when no work is left.
    func stop() {
        queue.close()
    }
}

/// What waits for a thread. Bounded by its callers: the dispatcher's workers, each with one message.
private final class WorkQueue: @unchecked Sendable {
    // Unchecked because the compiler can't see that the condition's lock guards both.
    private let condition = NSCondition()
    private var waiting: [@Sendable () -> Void] = []
    private var isClosed = false

    func add(_ work: @escaping @Sendable () -> Void) {
        condition.lock()
        waiting.append(work)
        condition.unlock()
        condition.signal()
    }

    /// Blocks until there is work; nil when there will be none.
    func next() -> (@Sendable () -> Void)? {
        condition.lock()
        defer { condition.unlock() }
        while waiting.isEmpty, !isClosed { condition.wait() }
        return waiting.isEmpty ? nil : waiting.removeFirst()
    }

    func close() {
        condition.lock()
        isClosed = true
        condition.unlock()
        condition.broadcast()
    }
}
