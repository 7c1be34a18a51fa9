import Logging
import Postgres
import ServiceLifecycle
import Synchronization
import Testing

@testable import Auth

@Suite struct ReadinessTests {
    private struct Down: Error {}

    /// Something that can be up or down, and a clock that is moved by hand.
    private final class World: Sendable {
        private let state = Mutex((isUp: true, time: ContinuousClock.now))
        var isUp: Bool {
            get { state.withLock { $0.isUp } }
            set { state.withLock { $0.isUp = newValue } }
        }
        var now: ContinuousClock.Instant { state.withLock { $0.time } }
        func advance(_ duration: Duration) { state.withLock { $0.time += duration } }
    }

    private let world = World()

    private func readiness(_ names: String...) -> Readiness {
        let world = world
        return Readiness(
            checks: names.map { name in
                Readiness.Check(name) { if !world.isUp { throw Down() } }
            },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, clock: { world.now })
    }

    @Test func `a process is not ready before its checks have passed`() async {
        let readiness = readiness("database:write")
        #expect(!readiness.isReady && !readiness.hasStarted)
        await readiness.checkOnce()
        #expect(readiness.isReady && readiness.hasStarted)
    }

    @Test func `a failed check takes readiness and leaves the start as it was`() async {
        let readiness = readiness("database:write", "schema:version")
        await readiness.checkOnce()
        world.isUp = false
        await readiness.checkOnce()
        #expect(!readiness.isReady && readiness.hasStarted)
        world.isUp = true
        await readiness.checkOnce()
        #expect(readiness.isReady)
    }

    @Test func `a check that never returns counts as failed when it is overdue`() async {
        let readiness = readiness("database:write")
        await readiness.checkOnce()
        world.advance(.milliseconds(1700))
        #expect(readiness.isReady)
        world.advance(.milliseconds(1))
        #expect(!readiness.isReady)
        #expect(readiness.findings.map(\.passed) == [false])
    }

    @Test func `a loss and a return both show within two seconds`() {
        let check = Readiness.Check("database:write") {}
        #expect(check.interval + check.deadline < .seconds(2))
    }

    @Test func `stopping is at once and for good`() async {
        let readiness = readiness("database:write")
        await readiness.checkOnce()
        readiness.stop()
        #expect(!readiness.isReady && readiness.isStopping && readiness.hasStarted)
        await readiness.checkOnce()
        #expect(!readiness.isReady)
    }

    @Test func `a finding names its fault by a word of a closed list`() async {
        let readiness = readiness("database:write")
        await readiness.checkOnce()
        #expect(readiness.findings[0].fault == nil)
        world.advance(.seconds(2))
        #expect(readiness.findings[0].fault == .timeout)
        world.isUp = false
        await readiness.checkOnce()
        #expect(readiness.findings.map(\.name) == ["database:write"])
        #expect(readiness.findings[0].fault == .failed)
    }

    @Test(arguments: [
        (PostgresError.server(sqlState: "25006", constraint: nil), Readiness.Fault.readOnly),
        (.server(sqlState: "42P01", constraint: nil), .schemaBehind),
        (.server(sqlState: "42501", constraint: nil), .permissionDenied),
        (.server(sqlState: "28P01", constraint: nil), .permissionDenied),
        (.server(sqlState: "57P03", constraint: nil), .unreachable),
        (.server(sqlState: "22012", constraint: nil), .failed),
        (.unavailable(.noConnection), .unreachable), (.unavailable(.waitedTooLong), .timeout),
        (.unavailable(.serverOverloaded), .failed), (.deadline, .timeout),
        (.commitUnknown, .timeout), (.undecodable("x"), .failed),
    ])
    func `an error of the database has its word`(error: PostgresError, word: Readiness.Fault) {
        #expect(Readiness.Fault(error) == word)
    }

    @Test func `watching ends with the service`() async throws {
        let readiness = readiness("database:write")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await readiness.run() }
            while !readiness.isReady { await Task.yield() }
            group.cancelAll()
            try await group.waitForAll()
        }
    }
}
