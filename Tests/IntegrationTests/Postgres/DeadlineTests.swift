import Foundation
import Testing

@testable import Postgres

@Suite struct DeadlineTests {
    @Test func `a caller is answered at its deadline, and a late result is thrown away`()
        async throws
    {
        try await Scratch.use(with: .with(\.statementTimeout, .seconds(30))) {
            scratch async throws in
            let outcome = await timed {
                try await scratch.database.run(Nap(seconds: 2.5), within: .milliseconds(100))
            }
            #expect(throws: PostgresError.deadline) { try outcome.result.get() }
            #expect(outcome.time < .seconds(2))
            let id = UUID()
            #expect(
                try await scratch.database.patiently(Increment(id: id)) == 1)
            #expect(scratch.database.gauges.connectionsLost == 0)
        }
    }

    @Test func `whoever was not sent in time was certainly not executed`() async throws {
        try await Scratch.use { scratch async throws in
            let database = scratch.database
            let id = UUID()
            let before = database.gauges.batches
            let nap = Task {
                try await database.patiently(Nap(seconds: 1))
            }
            try await eventually { database.gauges.batches > before }
            await #expect(throws: PostgresError.unavailable(.waitedTooLong)) {
                try await database.run(Increment(id: id), within: .milliseconds(100))
            }
            try await nap.value
            #expect(try await database.patiently(Increment(id: id)) == 1)
        }
    }

    @Test func `a statement that takes too long is ended by the server`() async throws {
        try await Scratch.use(with: .with(\.statementTimeout, .milliseconds(100))) {
            scratch async throws in
            await #expect(throws: PostgresError.unavailable(.serverOverloaded)) {
                try await scratch.database.patiently(Nap(seconds: 1))
            }
        }
    }

    @Test func `the server compiles no statement that it takes for a dear one`() async throws {
        try await Scratch.use { scratch async throws in
            let plan = try await scratch.database.patiently(ExplainDear())
            #expect(plan.contains { $0.hasPrefix("Execution Time") })
            #expect(!plan.contains { $0.hasPrefix("JIT") })
        }
    }

    @Test func `a statement of the coalesced lane is planned once, not at each execution`()
        async throws
    {
        try await Scratch.use { scratch async throws in
            for _ in 0..<3 { _ = try await scratch.database.patiently(Increment(id: UUID())) }
            let plans = try await scratch.database.patiently(PlansUsed())
            #expect(plans.custom == 0)
            #expect(plans.generic > 0)
        }
    }

    @Test func `beyond the queue's limit statements are refused at once`() async throws {
        try await Scratch.use(with: .with(\.queueLimit, 4)) { scratch async throws in
            let database = scratch.database
            let before = database.gauges.batches
            let nap = Task {
                try await database.patiently(Nap(seconds: 1))
            }
            try await eventually { database.gauges.batches > before }
            let outcomes = await together(20) { _ in
                let outcome = await timed {
                    try await database.patiently(Backend())
                }
                let isRefused: Bool
                do throws(any Error) {
                    _ = try outcome.result.get()
                    isRefused = false
                } catch PostgresError.unavailable(.queueFull) {
                    isRefused = true
                }
                return (isRefused: isRefused, time: outcome.time)
            }
            let all = try outcomes.map { try $0.get() }
            let refused = all.filter(\.isRefused)
            #expect(refused.count == 16)
            #expect(refused.allSatisfy { $0.time < .milliseconds(900) })
            try await nap.value
        }
    }

    @Test func `without a server everybody is answered in time`() async throws {
        let nowhere = Database.Configuration(url: "postgresql:///none?host=/nonexistent")
        try await Database.use(nowhere, logger: Scratch.quiet) { database async throws in
            let outcomes = await together(50) { index in
                await timed {
                    if index.isMultiple(of: 2) {
                        _ = try await database.run(Backend(), within: .milliseconds(300))
                    } else {
                        _ = try await database.run(OrdinaryBackend(), within: .milliseconds(300))
                    }
                }
            }
            for outcome in try outcomes.map({ try $0.get() }) {
                #expect(outcome.time < .seconds(2))
                let error = #expect(throws: PostgresError.self) { try outcome.result.get() }
                #expect(
                    error == .unavailable(.noConnection) || error == .unavailable(.waitedTooLong))
            }
        }
    }

    @Test func `what was accepted is answered before the pool ends`() async throws {
        let test = try await TestCluster.shared().emptyDatabase()
        let database = try Database(
            configuration: .init(url: test.ownerURL), logger: Scratch.quiet)
        let naps = Task {
            await together(8) { index in
                if index.isMultiple(of: 2) {
                    try await database.patiently(Nap(seconds: 0.02))
                } else {
                    try await database.patiently(OrdinaryNap(seconds: 0.2))
                }
            }
        }
        try await eventually { database.gauges.statements >= 4 }
        await database.shutDown()
        for nap in await naps.value { try nap.get() }
        await #expect(throws: PostgresError.unavailable(.shutDown)) {
            try await database.patiently(Backend())
        }
        await #expect(throws: PostgresError.unavailable(.shutDown)) {
            try await database.patiently(OrdinaryBackend())
        }
        await #expect(throws: PostgresError.unavailable(.shutDown)) {
            try await database.transaction { _ in }
        }
        #expect(database.gauges.connectionsOpen == 0)
    }

    @Test func `the pool ends when its task is cancelled`() async throws {
        let test = try await TestCluster.shared().emptyDatabase()
        let database = try Database(
            configuration: .init(url: test.ownerURL), logger: Scratch.quiet)
        let service = Task { try await database.run() }
        _ = try await database.patiently(Backend())
        service.cancel()
        try await service.value
        await #expect(throws: PostgresError.unavailable(.shutDown)) {
            try await database.patiently(Backend())
        }
    }
}
