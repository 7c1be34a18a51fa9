import Synchronization

/// What costs more to start than most tests take: it goes on to the next test, as new, where the one
/// before has passed, and ends with the process.
final class TestPool<Resource: Sendable>: Sendable {
    private let idle = Mutex<[Resource]>([])
    private let start:
        @Sendable (@escaping @Sendable (Resource) async throws -> Void) async throws -> Void
    private let renew: @Sendable (Resource) async throws -> Resource

    /// - Parameters:
    ///   - start: runs its body with a resource that lasts as long.
    ///   - renew: makes a resource as it was when it started.
    init(
        start:
            @escaping @Sendable (@escaping @Sendable (Resource) async throws -> Void) async throws
            -> Void,
        renew: @escaping @Sendable (Resource) async throws -> Resource
    ) {
        self.start = start
        self.renew = renew
    }

    /// Runs the body with a resource that nobody else uses meanwhile.
    func run<Result: Sendable>(
        _ body: @Sendable (Resource) async throws -> Result
    ) async throws -> Result {
        let kept = idle.withLock { $0.popLast() }
        let resource = if let kept { try await renew(kept) } else { try await started() }
        let result = try await body(resource)
        idle.withLock { $0.append(resource) }
        return result
    }

    private func started() async throws -> Resource {
        let (started, start) = AsyncThrowingStream<Resource, any Error>.makeStream()
        Task {
            do {
                try await self.start { resource in
                    start.yield(resource)
                    let (never, end) = AsyncStream<Void>.makeStream()
                    for await _ in never {}
                    end.finish()
                }
            } catch {
                start.finish(throwing: error)
            }
        }
        for try await resource in started { return resource }
        throw CancellationError()
    }
}
