import Foundation
import Synchronization
import Testing

@testable import Cryptography

@Suite struct PasswordHasherTests {
    private let practice = SecureRandom.uuid()
    private var turn: Turn { Turn(practice: practice, network: [1], kind: .unknown) }

    /// Occupies one thread of the hasher until it is opened.
    private final class Gate: Sendable {
        private let opened = DispatchSemaphore(value: 0)
        private let holder: Task<Void, any Error>

        /// Returns when the thread is held.
        init(on hasher: PasswordHasher, turn: Turn) async {
            let opened = self.opened
            let (started, announce) = AsyncStream<Void>.makeStream()
            holder = Task {
                try await hasher.perform(turn: turn) {
                    announce.finish()
                    opened.wait()
                }
            }
            for await _ in started {}
        }

        func open() async throws {
            opened.signal()
            try await holder.value
        }
    }

    /// What several threads write down.
    private final class Record<Value: Sendable>: Sendable {
        private let content: Mutex<Value>

        init(_ value: Value) { content = Mutex(value) }
        var value: Value { content.withLock { $0 } }
        func update(_ change: @Sendable (inout Value) -> Void) { content.withLock { change(&$0) } }
    }

    /// A hasher of one thread, in whose queue that many hashes of ours may wait.
    private static func hasher(places: Int) throws -> PasswordHasher {
        try PasswordHasher(
            threads: 1, longestWait: HashCost.own.get().cost * (Double(places) + 0.5))
    }

    /// Returns when that many wait in the hasher's queue.
    private func until(_ hasher: PasswordHasher, waiting: Int) async {
        while hasher.gauges.waiting != waiting { await Task.yield() }
    }

    @Test func `a password verifies against its hash alone`() async throws {
        let hasher = try PasswordHasher(threads: 1)
        let password = Secret("Sommerfugl i vinterland").bytes
        let hash = try await hasher.hash(password, turn: turn)
        #expect(try await hasher.verify(password, against: hash, turn: turn))
        #expect(try await !hasher.verify(Secret("sommerfugl").bytes, against: hash, turn: turn))
        await hasher.shutdown()
    }

    @Test func `the dummy hash costs what ours does and is never right`()
        async throws
    {
        let hasher = try PasswordHasher(threads: 1)
        #expect(try Argon2id.parameters(of: hasher.dummyHash) == Argon2id.current)
        #expect(try await !hasher.verify(Secret([]), against: hasher.dummyHash, turn: turn))
    }

    @Test func `the measured costs are those of real hashes`() throws {
        let hasher = try PasswordHasher(threads: 1)
        #expect(hasher.cost > .milliseconds(1))
        #expect(hasher.dearestCost > hasher.cost * 2)
    }

    @Test func `a refused hash never takes a turn`() async throws {
        let hasher = try PasswordHasher(threads: 1)
        let gate = await Gate(on: hasher, turn: turn)
        let dear = "$argon2id$v=19$m=77825,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$ELALZtIYLpYtTHubUoiq0A"
        await #expect(throws: HashRefusal.self) {
            try await hasher.verify(Secret([]), against: dear, turn: turn)
        }
        try await gate.open()
    }

    @Test func `work runs on the hasher's own threads, which give way to others`() async throws {
        let hasher = try PasswordHasher(threads: 2)
        let niceness = try await hasher.perform(turn: turn) {
            getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)
        }
        let ours = getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)
        #expect(niceness == min(ours + HashingThreads.niceness, 19))
    }

    @Test func `no more run at once than there are threads`() async throws {
        let hasher = try PasswordHasher(threads: 2)
        let running = Record((now: 0, most: 0))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                let turn = Turn(practice: practice, network: [UInt8(number)], kind: .unknown)
                group.addTask {
                    try await hasher.perform(turn: turn) {
                        running.update { running in
                            running.now += 1
                            running.most = max(running.most, running.now)
                        }
                        _ = try Argon2id.hash(
                            Secret([]), parameters: Argon2id.Parameters(memory: 64, passes: 1))
                        running.update { $0.now -= 1 }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(running.value.most <= 2)
        #expect(running.value.now == 0)
    }

    @Test func `the queue decides who is next`() async throws {
        let hasher = try PasswordHasher(threads: 1)
        let gate = await Gate(on: hasher, turn: turn)
        let order = Record<[String]>([])
        var tasks: [Task<Void, any Error>] = []
        let turns: [(String, Turn.Kind)] = [
            ("import", .import), ("unknown", .unknown), ("known", .known),
        ]
        for (name, kind) in turns {
            let turn = Turn(practice: practice, network: nil, kind: kind)
            tasks.append(
                Task {
                    try await hasher.perform(turn: turn) { order.update { $0.append(name) } }
                })
            await until(hasher, waiting: tasks.count)
        }
        #expect(
            hasher.gauges
                == PasswordHasher.Gauges(known: 1, unknown: 1, imports: 1, busy: 1, threads: 1))
        try await gate.open()
        for task in tasks { try await task.value }
        #expect(order.value == ["known", "unknown", "import"])
        #expect(hasher.gauges.waiting == 0)
    }

    @Test func `a full queue answers at once when to come back`() async throws {
        let hasher = try Self.hasher(places: 2)
        let gate = await Gate(on: hasher, turn: turn)
        let waiting = (0..<2).map { _ in Task { try await hasher.perform(turn: turn) { true } } }
        await until(hasher, waiting: 2)

        let error = await #expect(throws: HasherOverloaded.self) {
            try await hasher.hash(Secret([]), turn: turn)
        }
        #expect(try #require(error).retryAfter >= .seconds(1))
        #expect(hasher.gauges.waiting == 2)

        try await gate.open()
        for task in waiting { #expect(try await task.value) }
    }

    @Test func `who is displaced by a fairer turn hears so at once`() async throws {
        let hasher = try Self.hasher(places: 2)
        let gate = await Gate(on: hasher, turn: turn)
        let first = Task { try await hasher.perform(turn: turn) { true } }
        await until(hasher, waiting: 1)
        let second = Task { try await hasher.perform(turn: turn) { true } }
        await until(hasher, waiting: 2)
        let elsewhere = Turn(practice: SecureRandom.uuid(), network: [1], kind: .unknown)
        let other = Task { try await hasher.perform(turn: elsewhere) { true } }

        await #expect(throws: HasherOverloaded.self) { try await second.value }
        try await gate.open()
        #expect(try await first.value)
        #expect(try await other.value)
    }

    @Test func `a cancelled request leaves the queue and is never computed`() async throws {
        let hasher = try PasswordHasher(threads: 1)
        let gate = await Gate(on: hasher, turn: turn)
        let ran = Record(false)
        let task = Task { try await hasher.perform(turn: turn) { ran.update { $0 = true } } }
        await until(hasher, waiting: 1)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(hasher.gauges.waiting == 0)
        try await gate.open()
        #expect(try await hasher.perform(turn: turn) { true })
        #expect(!ran.value)
    }

    @Test func `a request cancelled before it came is not queued`() async throws {
        let hasher = try PasswordHasher(threads: 1)
        let gate = await Gate(on: hasher, turn: turn)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await hasher.perform(turn: turn) { true }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(hasher.gauges.waiting == 0)
        try await gate.open()
    }

    @Test func `an error of the work reaches who asked for it`() async throws {
        let hasher = try PasswordHasher(threads: 1)
        await #expect(throws: Argon2id.MemoryExhausted.self) {
            try await hasher.perform(turn: turn) { throw Argon2id.MemoryExhausted() }
        }
        #expect(try await hasher.perform(turn: turn) { true })
    }

    @Test func `shutting down finishes what runs and refuses what waits`() async throws {
        let hasher = try PasswordHasher(threads: 1)
        let gate = await Gate(on: hasher, turn: turn)
        let waiting = Task { try await hasher.perform(turn: turn) { true } }
        await until(hasher, waiting: 1)

        let shutdown = Task { await hasher.shutdown() }
        await #expect(throws: HasherOverloaded.self) { try await waiting.value }
        await #expect(throws: HasherOverloaded.self) {
            try await hasher.perform(turn: turn) { true }
        }
        #expect(hasher.gauges.busy == 1)
        try await gate.open()
        await shutdown.value
        #expect(hasher.gauges.busy == 0)
        await hasher.shutdown()
    }

    @Test func `a hasher that nobody holds ends its threads`() async throws {
        let threads = try PasswordHasher(threads: 3).threads
        await threads.ended()
    }
}
