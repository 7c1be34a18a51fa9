import Foundation
import Testing

@testable import Postgres

@Suite struct LockTests {
    private struct Hold: Statement {
        let id: UUID
        static let lane = Lane.ordinary
        static let sql = "select n from counter where counter_id = $1::uuid for update"
        var parameters: [Parameter] { [.uuid(id)] }
        static func decode(_ rows: [Row]) throws {}
    }

    /// Says of its first three tries that another transaction is at it.
    private struct FourthTry: Statement {
        static let sql = "select nextval('tries') as n, $nonce as nonce"
        var parameters: [Parameter] { [] }
        static func decode(_ rows: [Row]) throws -> Int {
            let n = try rows[0].int("n")
            guard n >= 4 else { throw PostgresError.underWay }
            return n
        }
    }

    /// Holds a counter's row until the body is done.
    private func holding<R: Sendable>(
        _ id: UUID, _ database: Database, _ body: @escaping @Sendable () async throws -> R
    ) async throws -> R {
        try await database.transaction { transaction in
            try await transaction.run(Hold(id: id))
            return try await body()
        }
    }

    @Test func `two hundred writers of one row are all counted`() async throws {
        try await Scratch.use { scratch async throws in
            let id = UUID()
            let answers = await together(200) { _ in
                try await scratch.database.patiently(Increment(id: id))
            }
            #expect(try answers.map { try $0.get() }.sorted() == Array(1...200))
            #expect(try await scratch.value("select n from counter") == "200")
        }
    }

    @Test func `two instances count one row together`() async throws {
        try await Scratch.use { scratch async throws in
            try await scratch.other { other async throws in
                let id = UUID()
                let answers = await together(200) { index in
                    try await (index.isMultiple(of: 2) ? other : scratch.database)
                        .patiently(Increment(id: id))
                }
                #expect(try answers.map { try $0.get() }.sorted() == Array(1...200))
            }
        }
    }

    @Test func `a locked row holds up its own requests only`() async throws {
        try await Scratch.use { scratch async throws in
            let locked = UUID()
            _ = try await scratch.database.patiently(Increment(id: locked))
            try await holding(locked, scratch.database) {
                async let waiting = timed {
                    try await scratch.database.run(
                        Increment(id: locked), within: .milliseconds(1_000))
                }
                let others = await together(200) { _ in
                    try await scratch.database.patiently(Increment(id: UUID()))
                }
                #expect(others.allSatisfy { (try? $0.get()) == 1 })
                let outcome = await waiting
                // Its time is up between two tries, or in the middle of one.
                let ends: [PostgresError] = [.unavailable(.waitedTooLong), .deadline]
                #expect(throws: PostgresError.self) { try outcome.result.get() }
                if case .failure(let error as PostgresError) = outcome.result {
                    #expect(ends.contains(error))
                }
                #expect(outcome.time < .seconds(2))
            }
            #expect(
                try await scratch.database.patiently(Increment(id: locked)) == 2)
        }
    }

    @Test func `whoever waits for a locked row goes on when it is free`() async throws {
        try await Scratch.use { scratch async throws in
            let locked = UUID()
            _ = try await scratch.database.patiently(Increment(id: locked))
            let database = scratch.database
            let waiting = try await holding(locked, database) {
                let waiting = Task {
                    try await database.patiently(Increment(id: locked))
                }
                // Released only once the lane has met the lock.
                try await eventually { database.gauges.reruns > 0 }
                return waiting
            }
            #expect(try await waiting.value == 2)
        }
    }

    @Test func `a transaction that waits too long for a locked row can be sent again`() async throws
    {
        try await Scratch.use(with: .with(\.ordinaryLockTimeout, .milliseconds(50))) {
            scratch async throws in
            let locked = UUID()
            let database = scratch.database
            _ = try await database.patiently(Increment(id: locked))
            try await holding(locked, database) {
                _ = await #expect(throws: PostgresError.unavailable(.waitedTooLong)) {
                    try await database.transaction { transaction in
                        try await transaction.run(Increment(id: locked))
                    }
                }
            }
            #expect(try await database.patiently(Increment(id: locked)) == 2)
        }
    }

    @Test(arguments: [true, false])
    func `what is under way elsewhere is asked for again for a moment`(isAlone: Bool) async throws {
        @Sendable func ask(_ database: Database) async throws -> Int {
            if isAlone { return try await database.patiently(FourthTry()) }
            return try await database.transaction { try await $0.run(FourthTry()) }
        }
        try await Scratch.use(with: .with(\.underWayWait, .seconds(30))) { scratch async throws in
            #expect(try await ask(scratch.database) == 4)
        }
        try await Scratch.use(with: .with(\.underWayWait, .zero)) { scratch async throws in
            await #expect(throws: PostgresError.underWay) { try await ask(scratch.database) }
            #expect(try await scratch.value("select last_value from tries") == "1")
        }
    }

    @Test func `a locked row does not stop the lane`() async throws {
        var limits = Database.Configuration(url: "")
        limits.lockTimeout = .seconds(1)
        limits.contendedLockTimeout = .milliseconds(1)
        try await Scratch.use(with: limits) { scratch async throws in
            let locked = UUID()
            let database = scratch.database
            _ = try await database.patiently(Increment(id: locked))
            let (waiting, slowest) = try await holding(locked, database) {
                let waiting = Task {
                    try await database.patiently(Increment(id: locked))
                }
                try await eventually { database.gauges.reruns > 0 }
                let retries = database.gauges.reruns + 5
                var slowest: Duration = .zero
                while database.gauges.reruns < retries {
                    let time = await timed { try await database.patiently(Backend()) }.time
                    slowest = max(slowest, time)
                }
                return (waiting, slowest)
            }
            // Were a retry to wait as long as a batch may, somebody would have waited a second.
            #expect(slowest < .milliseconds(800))
            #expect(try await waiting.value == 2)
        }
    }
}
