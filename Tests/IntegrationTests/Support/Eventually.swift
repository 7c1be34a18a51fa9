import NIOCore
import NIOPosix
import Testing

/// Waits until `condition` holds, asking every few milliseconds; an issue where it never does.
///
/// - Parameter missing: what the issue says then.
func eventually(
    within limit: Duration = .seconds(30), orElse missing: String = "it never came to that",
    sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: @Sendable () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            Issue.record(Comment(rawValue: missing), sourceLocation: sourceLocation)
            throw NeverHappened()
        }
        try await last(.milliseconds(5))
    }
}

/// Lets something last that long on purpose, such as an outage.
func last(_ duration: Duration) async throws {
    // A timer of the event loop, so that waiting takes no processor from those waited for.
    try await MultiThreadedEventLoopGroup.singleton.next()
        .scheduleTask(in: .init(duration)) {}.futureResult.get()
}

/// What a test waited for did not come.
struct NeverHappened: Error {}
