import Foundation
import ServiceLifecycle
import Synchronization
import UnixSignals

@testable import Auth

/// Runs services for as long as a test needs them.
enum Running {
    struct Ports: Sendable {
        let open: Int
        let `internal`: Int
    }

    static func with<Result: Sendable>(
        _ services: [AuthService],
        _ body: @escaping @Sendable ([Ports]) async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Result?.self) { group in
            let opened = services.map { _ in OpenedPorts() }
            for (service, ports) in zip(services, opened) {
                group.addTask {
                    try await service.run(
                        onListening: { ports.opened($0, isInternal: $1) }, endingOn: [])
                    return nil
                }
            }
            group.addTask {
                var all: [Ports] = []
                for ports in opened { all.append(await ports.both()) }
                return try await body(all)
            }
            defer { group.cancelAll() }
            while let finished = try await group.next() {
                if let result = finished { return result }
            }
            throw CancellationError()
        }
    }
}

/// The ports of one instance, as soon as both are open.
private final class OpenedPorts: Sendable {
    private struct State {
        var open: Int?
        var `internal`: Int?
        var waiting: CheckedContinuation<Running.Ports, Never>?

        mutating func take() -> (CheckedContinuation<Running.Ports, Never>, Running.Ports)? {
            guard let open, let port = self.internal, let waiting else { return nil }
            self.waiting = nil
            return (waiting, Running.Ports(open: open, internal: port))
        }
    }

    private let state = Mutex(State())

    func opened(_ port: Int, isInternal: Bool) {
        let ready = state.withLock { state in
            if isInternal { state.internal = port } else { state.open = port }
            return state.take()
        }
        if let (waiting, ports) = ready { waiting.resume(returning: ports) }
    }

    func both() async -> Running.Ports {
        await withCheckedContinuation { continuation in
            let ready = state.withLock { state in
                state.waiting = continuation
                return state.take()
            }
            if let (waiting, ports) = ready { waiting.resume(returning: ports) }
        }
    }
}
