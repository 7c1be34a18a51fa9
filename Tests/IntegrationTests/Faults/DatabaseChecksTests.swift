import Logging
import Postgres
import Resources
import Testing

@testable import Auth

/// What `/readyz` and `/healthz` say of a real database in each of its states (D2, O2).
@Suite struct DatabaseChecksTests {
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Watches the database at `url` meanwhile.
    private func watching(
        _ url: String, log: TestLog = TestLog(),
        _ body: @Sendable (Readiness) async throws -> Void
    ) async throws {
        let configuration = Database.Configuration(url: url)
        try await Database.use(configuration, logger: Self.quiet) { database in
            let readiness = Readiness(
                checks: DatabaseChecks(database: database, logger: log.logger).all,
                logger: log.logger)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await readiness.run() }
                defer { group.cancelAll() }
                try await body(readiness)
            }
        }
    }

    private func faults(_ readiness: Readiness) -> [Readiness.Fault?] {
        readiness.findings.map(\.fault)
    }

    @Test func `a loss and a return of the server each show within two seconds`() async throws {
        let cluster = try await TestCluster.own()
        defer { cluster.discard() }
        let database = try await cluster.cloneDatabase()
        try await watching(database.serviceURL) { readiness in
            try await eventually { readiness.isReady }
            try await cluster.local.stop()
            try await eventually(within: .seconds(2)) { !readiness.isReady }
            // The check with the long interval has to have failed: its next run is the late one.
            try await eventually { faults(readiness) == [.unreachable, .unreachable] }
            try await cluster.local.start()
            try await eventually(within: .seconds(2)) { readiness.isReady }

            cluster.local.freeze()
            try await eventually(within: .seconds(2)) { !readiness.isReady }
            try await eventually { faults(readiness)[0] == .timeout }
            cluster.local.thaw()
            try await eventually(within: .seconds(2)) { readiness.isReady }
        }
    }

    @Test func `a schema that is behind is told once, and what is applied then is seen`()
        async throws
    {
        let database = try await TestCluster.shared().emptyDatabase()
        let log = TestLog()
        try await watching(database.serviceURL, log: log) { readiness in
            try await eventually { faults(readiness) == [.schemaBehind, .schemaBehind] }
            await readiness.checkOnce()
            let migrations = Migrations(directory: Resources.migrations)
            let count = try migrations.latestVersion()
            let told = log.lines.filter { $0.contains(#""level":"error""#) }
            #expect(told.count == 1)
            #expect(
                told.first?.contains(
                    "schema is behind: \(count) migrations pending; run practice-auth migrate")
                    == true)
            #expect(!log.text.contains(#""message":"ready""#))

            _ = try await migrations.apply(ownerURL: database.ownerURL, logger: Self.quiet)
            try await eventually { readiness.isReady }
            try await eventually { log.text.contains(#""message":"ready""#) }
        }
    }

    @Test func `a server that takes no writes, and a role without a grant, are told apart`()
        async throws
    {
        let database = try await TestCluster.shared().cloneDatabase()
        let log = TestLog()
        try await watching(database.serviceURL, log: log) { readiness in
            try await eventually { readiness.isReady }
            try await database.execute(
                "revoke insert on service_probe from \(Migrations.serviceRole)")
            try await eventually { faults(readiness)[0] == .permissionDenied }
            try await database.execute(
                "grant insert on service_probe to \(Migrations.serviceRole)")
            try await eventually { readiness.isReady }

            try await database.execute(
                "alter database \(database.name) set default_transaction_read_only = on")
            try await database.cluster.execute(
                """
                select pg_terminate_backend(pid)
                from pg_stat_activity
                where datname = '\(database.name)'
                """)
            try await eventually { faults(readiness)[0] == .readOnly }
            try await eventually { log.text.contains(#""fault":"read-only""#) }
        }
        let turns = log.lines.filter { $0.contains(#""message":"not ready""#) }
        #expect(turns.count == 2)
    }

    @Test func `a role that owns the tables is told, loudly and once`() async throws {
        let database = try await TestCluster.shared().cloneDatabase()
        for (url, times) in [(database.ownerURL, 1), (database.serviceURL, 0)] {
            let log = TestLog()
            try await watching(url, log: log) { readiness in
                try await eventually { readiness.isReady }
                await readiness.checkOnce()
            }
            let told = log.lines.filter { $0.contains("owns the tables") }
            #expect(told.count == times)
            #expect(told.allSatisfy { $0.contains(#""level":"error""#) })
        }
    }
}
