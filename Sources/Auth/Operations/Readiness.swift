import Foundation
import Logging
import ServiceLifecycle
import Synchronization

/// Whether this process should get requests: watched by checks, never asked of them by a probe.
///
/// A probe reads what the last round found, so it is answered at once whatever hangs. A round that
/// is overdue counts as failed: a check that never returns must not leave the service ready for
/// ever. Every change is logged, once.
final class Readiness: Service, Sendable {
    /// Something that must work for requests to be answered.
    struct Check: Sendable {
        /// `component:measurement`, such as `database:write`.
        let name: String
        /// Time between the end of a run that passed and the start of the next.
        let interval: Duration
        /// How long one run may take; it should give up by itself before.
        let deadline: Duration
        let run: @Sendable () async throws -> Void

        /// The pause after a run that failed, whatever the interval: a return is to show within 2 s.
        static let retryInterval: Duration = .milliseconds(500)

        /// Defaults so that a loss shows within 2 s (D2).
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

        fileprivate func pause(after fault: Fault?) -> Duration {
            fault == nil ? interval : min(interval, Self.retryInterval)
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
        var fault: Fault?
        fileprivate var dueBy: ContinuousClock.Instant
    }

    private let checks: [Check]
    private let state: Mutex<State>
    private let logger: Logger
    private let clock: @Sendable () -> ContinuousClock.Instant

    private struct State {
        var findings: [String: Finding] = [:]
        var hasStarted = false
        var isStopping = false
        /// What the log last said.
        var isToldReady = false
    }

    init(
        checks: [Check], logger: Logger,
        clock: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) {
        self.checks = checks
        self.logger = logger
        self.clock = clock
        state = Mutex(State())
    }

    /// True while every check passes and the process is not on its way out.
    var isReady: Bool {
        let now = clock()
        return state.withLock { isReady($0, now) }
    }

    /// True once every check has passed at the same time; stays true.
    var hasStarted: Bool {
        let now = clock()
        return state.withLock { state in
            state.hasStarted = state.hasStarted || isReady(state, now)
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
                if !finding.passed, finding.fault == nil { finding.fault = .timeout }
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
                            let fault = await self.perform(check)
                            try await Task.sleep(for: check.pause(after: fault))
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
            for check in checks { group.addTask { _ = await self.perform(check) } }
        }
    }

    private func isReady(_ state: State, _ now: ContinuousClock.Instant) -> Bool {
        !state.isStopping && checks.allSatisfy { state.findings[$0.name]?.passes(now) == true }
    }

    private func perform(_ check: Check) async -> Fault? {
        let start = clock()
        var failure: (any Error)?
        do {
            try await check.run()
        } catch {
            failure = error
        }
        let end = clock()
        let fault = failure.map(Fault.init)
        let finding = Finding(
            name: check.name, passed: fault == nil, at: Date(), duration: end - start, fault: fault,
            dueBy: end + check.pause(after: fault) + check.deadline)
        let (before, turned) = state.withLock { state -> (Fault?, Bool?) in
            let before = state.findings.updateValue(finding, forKey: check.name)?.fault
            let ready = isReady(state, end)
            defer { state.isToldReady = ready }
            state.hasStarted = state.hasStarted || ready
            return (before, ready == state.isToldReady ? nil : ready)
        }
        if let failure, let fault, fault != before { tell(check.name, fault, failure) }
        // The end of the process has its own lines.
        if let turned, turned || !isStopping { logger.notice(turned ? "ready" : "not ready") }
        return fault
    }

    private func tell(_ check: String, _ fault: Fault, _ failure: any Error) {
        var metadata: Logger.Metadata = ["check": "\(check)", "fault": "\(fault.rawValue)"]
        if failure is SchemaBehind || failure is OtherKeys {
            return logger.error("\(failure)", metadata: metadata)
        }
        // A type never holds a value, nor does an error of the database (Z-29).
        metadata["reason"] = "\(Fault.reason(failure))"
        logger.warning("check failed", metadata: metadata)
    }
}

extension Readiness.Finding {
    fileprivate func passes(_ now: ContinuousClock.Instant) -> Bool { passed && now <= dueBy }
}
