import Foundation
import Synchronization
import Testing

@testable import Postgres

@Suite struct TransactionTests {
    private struct Refused: Error, Equatable {}

    @Test func `all statements of a transaction are kept together`() async throws {
        try await Scratch.use { scratch async throws in
            let ids = [UUID(), UUID()]
            let sum = try await scratch.database.transaction { transaction in
                var sum = 0
                for id in ids { sum += try await transaction.run(Increment(id: id)) }
                return sum
            }
            #expect(sum == 2)
            #expect(try await scratch.value("select count(*) from counter") == "2")
        }
    }

    @Test func `an error of the body undoes all of it`() async throws {
        try await Scratch.use(with: .with(\.ordinaryConnections, 1)) { scratch async throws in
            await #expect(throws: Refused()) {
                try await scratch.database.transaction { transaction in
                    _ = try await transaction.run(Increment(id: UUID()))
                    throw Refused()
                }
            }
            #expect(try await scratch.value("select count(*) from counter") == "0")
            #expect(scratch.database.gauges.connectionsLost == 0)
            _ = try await scratch.database.patiently(OrdinaryBackend())
        }
    }

    @Test func `what runs after a transaction that began too late for anybody is kept`()
        async throws
    {
        let cluster = try await TestCluster.own()
        defer { cluster.discard() }
        try await Scratch.use(on: cluster, with: .with(\.ordinaryConnections, 1)) {
            scratch async throws in
            cluster.local.freeze()
            await #expect(throws: PostgresError.deadline) {
                try await scratch.database.transaction(within: .milliseconds(300)) { _ in }
            }
            cluster.local.thaw()
            let id = UUID()
            #expect(try await scratch.database.patiently(OrdinaryIncrement(id: id)) == 1)
            #expect(try await scratch.value("select n from counter") == "1")
        }
    }

    @Test func `an error of a statement undoes all of it`() async throws {
        try await Scratch.use(with: .with(\.ordinaryConnections, 1)) { scratch async throws in
            await #expect(
                throws: PostgresError.server(sqlState: "23514", constraint: "entry_words_given")
            ) {
                try await scratch.database.transaction { transaction in
                    _ = try await transaction.run(Increment(id: UUID()))
                    _ = try await transaction.run(
                        WriteEntry(entry: .init(practice: UUID(), id: UUID(), words: "")))
                }
            }
            #expect(try await scratch.value("select count(*) from counter") == "0")
        }
    }

    @Test func `a statement's error can't be passed over`() async throws {
        try await Scratch.use { scratch async throws in
            await #expect(throws: PostgresError.server(sqlState: "25P02", constraint: nil)) {
                try await scratch.database.transaction { transaction in
                    _ = try await transaction.run(Increment(id: UUID()))
                    _ = try? await transaction.run(
                        WriteEntry(entry: .init(practice: UUID(), id: UUID(), words: "")))
                }
            }
            #expect(try await scratch.value("select count(*) from counter") == "0")
        }
    }

    @Test func `a conflict runs the body again`() async throws {
        try await Scratch.use { scratch async throws in
            let runs = Atomic<Int>(0)
            try await scratch.database.transaction { transaction in
                runs.wrappingAdd(1, ordering: .relaxed)
                _ = try await transaction.run(
                    FailThenWrite(entry: UUID(), times: 2, state: "40001"))
            }
            #expect(runs.load(ordering: .relaxed) == 3)
            #expect(try await scratch.value("select count(*) from entry") == "1")
        }
    }

    @Test func `a conflict that no other run mends is the caller's, long before the deadline`()
        async throws
    {
        try await Scratch.use { scratch async throws in
            let entry = WriteEntry.Entry(practice: UUID(), id: UUID(), words: "first")
            _ = try await scratch.database.patiently(WriteEntry(entry: entry))
            let runs = Atomic<Int>(0)
            do {
                try await scratch.database.transaction(
                    within: Scratch.patience, rerunningOn: ["entry_pkey"]
                ) { transaction in
                    runs.wrappingAdd(1, ordering: .relaxed)
                    _ = try await transaction.run(WriteEntry(entry: entry))
                }
                Issue.record("the entry was written twice")
            } catch {
                let conflict = PostgresError.server(sqlState: "23505", constraint: "entry_pkey")
                #expect((error as? PostgresError) == conflict)
            }
            #expect(runs.load(ordering: .relaxed) == OrdinaryPool.rerunLimit + 1)
            #expect(try await scratch.value("select count(*) from entry") == "1")
        }
    }

    @Test func `a part is never run outside of its transaction`() async throws {
        try await Scratch.use(with: .with(\.ordinaryConnections, 1)) { scratch async throws in
            await #expect(throws: PostgresError.unavailable(.transactionLost)) {
                try await scratch.database.transaction { transaction in
                    let pid = try await transaction.run(Backend())
                    try await scratch.test.execute("select pg_terminate_backend(\(pid))")
                    // Whether the loss is noticed before or by this one, it must not be written.
                    _ = try await transaction.run(Increment(id: UUID()))
                }
            }
            _ = try await scratch.database.patiently(OrdinaryBackend())
            #expect(try await scratch.value("select count(*) from counter") == "0")
        }
    }

    @Test(arguments: ["26000", "0A000"])
    func `a stale prepared statement fails one transaction, and the next has a new connection`(
        state: String
    ) async throws {
        try await Scratch.use(with: .with(\.ordinaryConnections, 1)) { scratch async throws in
            let before = try await scratch.database.patiently(OrdinaryBackend())
            let stale = FailThenWrite(entry: UUID(), times: 1, state: state)
            await #expect(throws: PostgresError.server(sqlState: state, constraint: "")) {
                try await scratch.database.transaction { _ = try await $0.run(stale) }
            }
            try await scratch.database.transaction { _ = try await $0.run(stale) }
            #expect(try await scratch.database.patiently(OrdinaryBackend()) != before)
        }
    }

    @Test func `a transaction that passes its deadline is undone`() async throws {
        var limits = Database.Configuration(url: "")
        limits.ordinaryConnections = 1
        limits.statementTimeout = .seconds(60)
        try await Scratch.use(with: limits) { scratch async throws in
            let outcome = await timed {
                try await scratch.database.transaction(within: .seconds(2)) { transaction in
                    _ = try await transaction.run(Increment(id: UUID()))
                    try await transaction.run(Nap(seconds: 6))
                }
            }
            #expect(throws: PostgresError.deadline) { try outcome.result.get() }
            #expect(outcome.time < .seconds(5))
            _ = try await scratch.database.patiently(OrdinaryBackend())
            try await eventually {
                try await scratch.value(
                    """
                    select count(*) from pg_stat_activity
                    where datname = current_database() and wait_event = 'PgSleep'
                    """) == "0"
            }
            #expect(try await scratch.value("select count(*) from counter") == "0")
        }
    }

    @Test func `transactions beyond the connections wait, and no longer than they may`()
        async throws
    {
        try await Scratch.use(with: .with(\.ordinaryConnections, 1)) { scratch async throws in
            let database = scratch.database
            try await database.transaction { transaction in
                let outcome = await timed {
                    try await database.transaction(within: .milliseconds(100)) { _ in }
                }
                #expect(throws: PostgresError.unavailable(.waitedTooLong)) {
                    try outcome.result.get()
                }
                #expect(outcome.time < .seconds(2))
            }
            let ids = (0..<20).map { _ in UUID() }
            let answers = await together(20) { index in
                try await database.transaction { transaction in
                    try await transaction.run(Increment(id: ids[index]))
                }
            }
            #expect(answers.allSatisfy { (try? $0.get()) == 1 })
        }
    }
}
