import Foundation
import Logging
import Resources
import Testing

@testable import Postgres

@Suite struct MigrationTests {
    /// A folder of migration files that goes with the test.
    private struct Folder: ~Copyable {
        let url: URL

        init(_ files: [String: String]) throws {
            url = FileManager.default.temporaryDirectory
                .appending(path: "migrations-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
            for (name, sql) in files { try write(name, sql) }
        }

        func write(_ name: String, _ sql: String) throws {
            try Data(sql.utf8).write(to: url.appending(path: "\(name).sql"))
        }

        var migrations: Migrations { Migrations(directory: url) }

        deinit {
            try? FileManager.default.removeItem(at: url)
        }
    }

    private func apply(_ migrations: Migrations, _ database: TestDatabase) async throws -> [String]
    {
        try await migrations.apply(ownerURL: database.ownerURL, logger: Scratch.quiet)
    }

    @Test func `files are applied once, in order`() async throws {
        let database = try await TestCluster.shared().emptyDatabase()
        let folder = try Folder([
            "0002_second": "insert into first values (2);",
            "0001_first": "create table first (n int8); insert into first values (1);",
        ])
        #expect(
            try await folder.migrations.pending(url: database.ownerURL)
                == ["0001_first", "0002_second"])
        #expect(try await apply(folder.migrations, database) == ["0001_first", "0002_second"])
        #expect(try await apply(folder.migrations, database) == [])
        #expect(try await folder.migrations.pending(url: database.ownerURL) == [])
        try folder.write("0003_third", "insert into first values (3)")
        #expect(try await folder.migrations.pending(url: database.ownerURL) == ["0003_third"])
        #expect(try await apply(folder.migrations, database) == ["0003_third"])
        #expect(try await database.execute("select sum(n) from first") == [["6"]])
    }

    @Test func `runs at the same time apply each file once`() async throws {
        let database = try await TestCluster.shared().emptyDatabase()
        var files = ["0001_first": "create table first (n int8)"]
        for number in 2...9 { files["000\(number)_more"] = "insert into first values (\(number))" }
        let folder = try Folder(files)
        let migrations = folder.migrations
        let runs = await together(4) { _ in
            try await migrations.apply(ownerURL: database.ownerURL, logger: Scratch.quiet)
        }
        #expect(try runs.flatMap { try $0.get() }.sorted() == files.keys.sorted())
        #expect(try await database.execute("select count(*) from first") == [["8"]])
        #expect(try await database.execute("select count(*) from schema_migration") == [["9"]])
    }

    @Test func `a run that another one keeps waiting gives up after ten seconds`()
        async throws
    {
        let database = try await TestCluster.shared().emptyDatabase()
        let folder = try Folder(["0001_first": "create table first (n int8)"])
        let migrations = folder.migrations
        let held = """
            locktype = 'advisory'
            and database = (select oid from pg_database where datname = current_database())
            """
        let other = Task {
            try? await database.execute(
                "select pg_advisory_lock(\(MigrationRun.lockKey)), pg_sleep_for('50 seconds')")
        }
        try await eventually { try await database.count("pg_locks", where: held) == 1 }
        let began = ContinuousClock.now
        await #expect(throws: Migrations.Failure.locked) { try await apply(migrations, database) }
        let waited = began.duration(to: .now)
        #expect(waited > .seconds(9) && waited < .seconds(40))
        #expect(try await database.execute("select to_regclass('first')") == [[nil]])
        try await database.execute(
            "select pg_terminate_backend(pid) from pg_locks where \(held)")
        _ = await other.value
        #expect(try await apply(migrations, database) == ["0001_first"])
    }

    @Test func `an applied file that has changed is refused`() async throws {
        let database = try await TestCluster.shared().emptyDatabase()
        let folder = try Folder(["0001_first": "create table first (n int8)"])
        _ = try await apply(folder.migrations, database)
        try folder.write("0001_first", "create table first (n int4)")
        try folder.write("0002_second", "create table second (n int8)")
        let migrations = folder.migrations
        await #expect(throws: Migrations.Failure.changed("0001_first")) {
            try await apply(migrations, database)
        }
        await #expect(throws: Migrations.Failure.changed("0001_first")) {
            try await migrations.pending(url: database.ownerURL)
        }
        #expect(try await database.execute("select to_regclass('second')") == [[nil]])
    }

    @Test func `a file that fails leaves nothing, and says where it failed`() async throws {
        let database = try await TestCluster.shared().emptyDatabase()
        let folder = try Folder([
            "0001_first": "create table first (n int8);\n\nselect nothing;\n"
        ])
        let migrations = folder.migrations
        await #expect(
            throws: Migrations.Failure.failed(
                "0001_first", sqlState: "42703", line: 3,
                explanation: #"column "nothing" does not exist"#)
        ) { try await apply(migrations, database) }
        #expect(try await database.execute("select to_regclass('first')") == [[nil]])
        try folder.write("0001_first", "create table first (n int8)")
        #expect(try await apply(migrations, database) == ["0001_first"])
    }

    @Test func `a database of a newer release is told apart, not refused`() async throws {
        let database = try await TestCluster.shared().emptyDatabase()
        let newer = try Folder([
            "0001_first": "create table first (n int8)",
            "0002_second": "create table second (n int8)",
        ])
        _ = try await apply(newer.migrations, database)
        let older = try Folder(["0001_first": "create table first (n int8)"])
        let status = try await older.migrations.status(url: database.ownerURL)
        #expect(status == .init(pending: [], unknown: ["0002_second"]))
        #expect(try await apply(older.migrations, database) == [])
    }

    @Test func `a file older than what was applied is refused`() async throws {
        let database = try await TestCluster.shared().emptyDatabase()
        let folder = try Folder(["0002_second": "create table second (n int8)"])
        _ = try await apply(folder.migrations, database)
        try folder.write("0001_first", "create table first (n int8)")
        let migrations = folder.migrations
        await #expect(throws: Migrations.Failure.outOfOrder("0001_first")) {
            try await apply(migrations, database)
        }
    }

    @Test(arguments: ["first", "1_first", "0001-first", "0001_First"])
    func `a file with another kind of name is refused`(name: String) async throws {
        let folder = try Folder([name: "select 1"])
        let migrations = folder.migrations
        #expect(throws: Migrations.Failure.badName(name)) { try migrations.latestVersion() }
    }

    @Test func `two files with one number are refused`() async throws {
        let folder = try Folder(["0001_first": "select 1", "0001_second": "select 1"])
        let migrations = folder.migrations
        #expect(throws: Migrations.Failure.badName("0001_second")) {
            try migrations.latestVersion()
        }
    }
}

/// What the role of the running service may do with the real schema.
@Suite struct ServiceRoleTests {
    private func attempt(_ sql: String) async throws -> PostgresError? {
        let database = try await TestCluster.shared().cloneDatabase()
        do {
            _ = try await database.cluster.execute(sql, url: database.serviceURL)
            return nil
        } catch let error as PostgresError {
            return error
        }
    }

    private static let forbidden = PostgresError.server(sqlState: "42501", constraint: nil)

    @Test func `it sees that nothing is pending`() async throws {
        let database = try await TestCluster.shared().cloneDatabase()
        let migrations = Migrations(directory: Resources.migrations)
        #expect(try await migrations.pending(url: database.serviceURL) == [])
        try await Database.use(.init(url: database.serviceURL), logger: Scratch.quiet) {
            pool async throws in
            #expect(try await migrations.schema(in: pool) == .init(pending: [], isOwn: false))
            try await pool.probe()
        }
    }

    @Test(arguments: [
        "create table mine (n int8)",
        "create schema mine",
        "alter table practice add column mine text",
        "drop table practice",
        "truncate audit",
        "insert into schema_migration (version, name, checksum) values (9999, 'x', 'x')",
        "delete from schema_migration",
        "update audit set practice_id = practice_id",
        "delete from audit",
        "create role mine",
    ])
    func `it may not change the schema or what was recorded`(sql: String) async throws {
        #expect(try await attempt(sql) == Self.forbidden)
    }
}
