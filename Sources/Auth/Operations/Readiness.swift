import Foundation
import ServiceLifecycle
import Synchronization

/// Whether this process should get requests: watched by checks, never asked of them by a probe.
///
/// A probe reads what the last round found, so it is answered at once whatever hangs. A round that
/// is overdue counts as failed: a check that never returns must not leave the service ready for
/// ever.
final class Readiness: Service, Sendable {
    /// Something that must work for requests to be answered.
    struct Check: Sendable {
        /// `component:measurement`, such as `database:write`.
        let name: String
        /// Time between the end of one run and the start of the next.
        let interval: Duration
        /// How long one run may take; it should give up by itself before.
        let deadline: Duration
        let run: @Sendable () async throws -> Void

        /// Defaults so that a loss shows within 2 s and a return as well (D2).
        init(
            _ name: String, interval: Duration = .milliseconds(500),
            deadline: Duration = .milliseconds(1200),
            run: @escaping @Sendable () async throws -> Void
        ) {
            self.name = name
            self.interval = interval
            self.deadline = deadline
            self.run = run
        }
    }

    /// What was last found of one check.
    struct Finding: Sendable {
        let name: String
        var passed: Bool
        /// When it was found.
        var at: Date
        /// How long the run took.
        var duration: Duration
        /// The type of the error, never its text.
        var fault: String?
        fileprivate var dueBy: ContinuousClock.Instant
    }

    private let checks: [Check]
    private let state: Mutex<State>
    private let clock: @Sendable () -> ContinuousClock.Instant

    private struct State {
        var findings: [String: Finding] = [:]
        var hasStarted = false
        var isStopping = false
    }

    init(
        checks: [Check],
        clock: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) {
        self.checks = checks
        self.clock = clock
        state = Mutex(State())
    }

    /// True while every check passes and the process is not on its way out.
    var isReady: Bool {
        let now = clock()
        return state.withLock { state in
            !state.isStopping && checks.allSatisfy { state.findings[$0.name]?.passes(now) == true }
        }
    }

    /// True once every check has passed at the same time; stays true.
    var hasStarted: Bool {
        let ready = isReady
        return state.withLock { state in
            state.hasStarted = state.hasStarted || ready
            return state.hasStarted
        }
    }

    /// True from SIGTERM on.
    var isStopping: Bool { state.withLock { $0.isStopping } }

    /// What each check last found, in the order they were given; an overdue one has not passed.
    var findings: [Finding] {
        let now = clock()
        return state.withLock { state in
            checks.compactMap { check in
                guard var finding = state.findings[check.name] else { return nil }
                finding.passed = finding.passes(now)
                return finding
            }
        }
    }

    /// Not ready from now on, for good.
    func stop() { state.withLock { $0.isStopping = true } }

    /// Watches until graceful shutdown or cancellation.
    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for check in self.checks {
                    group.addTask {
                        while true {
                            await self.perform(check)
                            try await Task.sleep(for: check.interval)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    /// Runs every check once; the step of `run`.
    func checkOnce() async {
        await withTaskGroup(of: Void.self) { group in
            for check in checks { group.addTask { await self.perform(check) } }
        }
    }

    private func perform(_ check: Check) async {
        let start = clock()
        var fault: String?
        do {
            try await check.run()
        } catch {
            fault = String(reflecting: type(of: error))
        }
        let end = clock()
        let finding = Finding(
            name: check.name, passed: fault == nil, at: Date(), duration: end - start, fault: fault,
            dueBy: end + check.interval + check.deadline)
        state.withLock { $0.findings[check.name] = finding }
        _ = hasStarted
    }
}

extension Readiness.Finding {
    fileprivate func passes(_ now: ContinuousClock.Instant) -> Bool { passed && now <= dueBy }
}
