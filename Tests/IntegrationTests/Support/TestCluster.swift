import Foundation
import Logging
import Postgres
import Resources
import Synchronization

/// The tests' own PostgreSQL server, with the migrated schema as a template to clone.
///
/// The server ends with this process, however that ends, and its folder goes with an orderly end.
struct TestCluster: Sendable {
    let local: LocalCluster

    /// The role that owns the schema, and the one that services log in as.
    static let ownerRole = "auth_test_owner"
    static let serviceRole = "auth_test_service"
    private static let template = "auth_test_template"

    /// One for all tests of this process, started by the first that asks.
    static func shared() async throws -> TestCluster {
        try await sharedCluster.value
    }

    private static let sharedCluster = Task { try await TestCluster.own() }

    /// A further one, for a test that stops, kills or freezes its server.
    static func own(
        settings: [String: String] = [:], launcher: [String] = []
    ) async throws -> TestCluster {
        let directory = try newDirectory()
        let seed = try await seedDirectory.value
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try await copy(seed.appending(path: "data"), into: directory)
        return try await started(
            LocalCluster(
                directory: directory, settings: unsafe.merging(settings) { $1 },
                launcher: launcher))
    }

    /// A hot standby of this one's server.
    func standby(named name: String) async throws -> TestCluster {
        let local = LocalCluster(directory: try Self.newDirectory(), settings: Self.unsafe)
        try await local.follow(self.local, as: name)
        return try await Self.started(local)
    }

    /// The data need not outlast a failure of the machine's power.
    private static let unsafe = ["fsync": "off", "full_page_writes": "off"]

    /// The data of a server with the roles and the template, made once for all servers.
    private static let seedDirectory = Task {
        let cluster = try await started(
            LocalCluster(directory: try newDirectory(), settings: unsafe))
        try await cluster.makeTemplate()
        try await cluster.local.stop()
        return cluster.local.directory
    }

    private static func started(_ local: LocalCluster) async throws -> TestCluster {
        EndOfProcess.discard(local)
        try await local.start()
        return TestCluster(local: local)
    }

    /// With owners and modes, which the server insists on.
    private static func copy(_ folder: URL, into parent: URL) async throws {
        let copy = Process()
        copy.executableURL = URL(filePath: "/bin/cp")
        copy.arguments = ["-a", folder.path, parent.path]
        try await withCheckedThrowingContinuation { continuation in
            copy.terminationHandler = { copy in
                let isDone = copy.terminationStatus == 0
                continuation.resume(with: isDone ? .success(()) : .failure(CopyFailed()))
            }
            do { try copy.run() } catch { continuation.resume(throwing: error) }
        }
    }

    struct CopyFailed: Error {}

    /// A database of its own with the migrated schema, named `…_test_…`.
    func cloneDatabase(named label: String = "auth") async throws -> TestDatabase {
        try await makeDatabase(named: label, template: Self.template)
    }

    /// A database of its own with nothing in it.
    func emptyDatabase(named label: String = "empty") async throws -> TestDatabase {
        try await makeDatabase(named: label, template: nil)
    }

    /// Ends the server and removes its folder now rather than at the end of the process.
    func discard() {
        local.discard()
    }

    private func makeDatabase(named label: String, template: String?) async throws -> TestDatabase {
        let name = "\(label)_test_\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        try await local.createDatabase(name, template: template, owner: Self.ownerRole)
        return TestDatabase(
            name: name, cluster: local,
            ownerURL: local.url(database: name, role: Self.ownerRole),
            serviceURL: local.url(database: name, role: Self.serviceRole))
    }

    private func makeTemplate() async throws {
        try await local.createRole(Self.ownerRole, attributes: "login createrole")
        try await local.createDatabase(Self.template, owner: Self.ownerRole)
        _ = try await Migrations(directory: Resources.migrations).apply(
            ownerURL: local.url(database: Self.template, role: Self.ownerRole),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await local.createRole(
            Self.serviceRole, attributes: "login in role \(Migrations.serviceRole)")
    }

    /// Below `AUTH_TEST_DIRECTORY`, or the system's folder for temporary files.
    private static func newDirectory() throws -> URL {
        let parent =
            ProcessInfo.processInfo.environment["AUTH_TEST_DIRECTORY"]
            .map { URL(filePath: $0, directoryHint: .isDirectory) }
            ?? FileManager.default.temporaryDirectory
        return parent.appending(path: "postgres-\(UUID().uuidString.prefix(8))")
    }
}

/// A database that a test may do anything with.
struct TestDatabase: Sendable {
    let name: String
    let cluster: LocalCluster
    /// Connects as the role that owns the schema.
    let ownerURL: String
    /// Connects as the role that services have.
    let serviceURL: String

    /// Executes SQL as the owner; the rows of the last statement as text.
    @discardableResult
    func execute(_ sql: String) async throws -> [[String?]] {
        try guardName()
        return try await cluster.execute(sql, url: ownerURL)
    }

    /// Removes all that tests have left, and keeps the schema.
    func empty() async throws {
        try guardName()
        try await afterDeadlocks { try await cluster.execute(Self.emptying, database: name) }
    }

    /// Foreign keys are not followed meanwhile, so that any order will do.
    private static let emptying = """
        do $$
        declare
            emptied record;
        begin
            set local session_replication_role = replica;
            for emptied in
                select table_name
                from information_schema.tables
                where table_schema = 'public'
                  and table_type = 'BASE TABLE'
                  and table_name not in ('schema_migration', 'service_probe')
            loop
                execute format('delete from %I', emptied.table_name);
            end loop;
        end
        $$
        """

    /// Tests may only ever change a database that was made for them.
    private func guardName() throws {
        guard name.contains("_test_") else { throw NotATestDatabase() }
    }

    struct NotATestDatabase: Error {}
}

/// What is ended with the process.
private enum EndOfProcess {
    private static let clusters = Mutex<[LocalCluster]>([])
    private static let registration: Void = {
        atexit { EndOfProcess.discardAll() }
    }()

    static func discard(_ cluster: LocalCluster) {
        _ = registration
        clusters.withLock { $0.append(cluster) }
    }

    private static func discardAll() {
        for cluster in clusters.withLock({ $0 }) { cluster.discard() }
    }
}
