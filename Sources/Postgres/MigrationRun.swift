import Foundation

/// One connection's work on migrations; it waits, so it has a thread of its own.
struct MigrationRun {
    /// The advisory lock that one run at a time holds: "auth" and "migr" in ASCII.
    static let lockKey = "7022083137044407154"
    /// The wait for another run.
    private static let lockLimit = "10s"
    /// The wait of a migration for a table that requests use: they wait behind it.
    private static let tableLockLimit = "2s"
    /// Until a connection stands.
    private static let connectLimit: Duration = .seconds(10)
    /// For all of it: an index on a large table takes its time.
    private static let limit: Duration = .seconds(60 * 60)

    private let connection: Connection
    private let deadline = ContinuousClock.now + limit

    init(url: String) throws {
        let servers = try ConnectionString(
            url, defaults: ["target_session_attrs": "read-write", "client_encoding": "UTF8"],
            sessionOptions: ["client_min_messages": "warning"]
        ).servers
        let outcome = Connecting.connect(
            to: servers, label: "practice-auth-migrate", within: Self.connectLimit)
        switch outcome {
        case .success(let connection): self.connection = connection
        case .failure(let failure): throw failure
        }
    }

    /// Applies what is pending, each file in a transaction, and tells each by its name.
    func apply(
        _ migrations: [Migrations.Migration], told: (String) -> Void
    ) throws -> [String] {
        try inLockedTransaction { try createTable() }
        var names: [String] = []
        for migration in migrations {
            let isNew = try inLockedTransaction {
                // Read anew under each lock: another run may have come between.
                guard try inOrder(migration, checkedAgainst: migrations) else { return false }
                try applyNow(migration)
                return true
            }
            if isNew {
                names.append(migration.name)
                told(migration.name)
            }
        }
        try inLockedTransaction { try grantToService() }
        return names
    }

    /// Compares the files with the table; throws where an applied file has changed.
    func status(of migrations: [Migrations.Migration]) throws -> Migrations.Status {
        let applied = try appliedMigrations()
        let checksums = try checksums(of: migrations)
        var status = Migrations.Status()
        for (migration, checksum) in zip(migrations, checksums) {
            guard let known = applied[migration.version] else {
                status.pending.append(migration.name)
                continue
            }
            guard known == (migration.name, checksum) else {
                throw Migrations.Failure.changed(migration.name)
            }
        }
        let known = Set(migrations.map(\.version))
        status.unknown = applied.filter { !known.contains($0.key) }
            .sorted { $0.key < $1.key }.map(\.value.name)
        return status
    }

    // MARK: - Steps

    private func createTable() throws {
        try execute(
            """
            create table if not exists schema_migration (
                version int4 constraint schema_migration_pkey primary key,
                name text not null,
                checksum text not null,
                applied_at timestamptz not null default clock_timestamp()
            )
            """)
    }

    /// The role comes with a migration, so the table is there before it.
    private func grantToService() throws {
        let isThere = try execute(
            "select 1 from pg_roles where rolname = $1", [Migrations.serviceRole])
        if isThere.isEmpty { return }
        try execute("grant select on schema_migration to \(Migrations.serviceRole)")
    }

    /// Whether it is still to be applied; throws where that would change what was applied.
    private func inOrder(
        _ migration: Migrations.Migration, checkedAgainst migrations: [Migrations.Migration]
    ) throws -> Bool {
        let status = try status(of: migrations)
        guard status.pending.contains(migration.name) else { return false }
        let newest = try appliedMigrations().keys.max() ?? 0
        if newest > migration.version { throw Migrations.Failure.outOfOrder(migration.name) }
        return true
    }

    private func applyNow(_ migration: Migrations.Migration) throws {
        try execute("set local lock_timeout = '\(Self.tableLockLimit)'")
        do throws(ScriptFailure) {
            _ = try connection.executeScript(migration.sql, before: deadline)
        } catch {
            guard case .server(let sqlState, _) = error.error else { throw error.error }
            throw Migrations.Failure.failed(
                migration.name, sqlState: sqlState, line: error.line,
                explanation: error.explanation)
        }
        let checksum = try checksums(of: [migration])[0]
        // The migration may have set any search path; its table is found by the default one.
        try execute("reset all")
        try execute(
            "insert into schema_migration (version, name, checksum) values ($1::int4, $2, $3)",
            ["\(migration.version)", migration.name, checksum])
    }

    private func appliedMigrations() throws -> [Int: (name: String, checksum: String)] {
        let table = try execute("select to_regclass('schema_migration')::text")
        guard table.first?.first.flatMap({ $0 }) != nil else { return [:] }
        let rows = try execute("select version, name, checksum from schema_migration")
        var applied: [Int: (name: String, checksum: String)] = [:]
        for row in rows {
            guard let version = row[0].flatMap({ Int($0) }), let name = row[1],
                let checksum = row[2]
            else { throw PostgresError.undecodable("schema_migration") }
            applied[version] = (name, checksum)
        }
        return applied
    }

    /// SHA-256 in hexadecimal digits, by the server: this module knows no cryptography.
    private func checksums(of migrations: [Migrations.Migration]) throws -> [String] {
        try migrations.map { migration in
            let rows = try execute(
                "select encode(sha256(convert_to($1, 'UTF8')), 'hex')", [migration.sql])
            guard let checksum = rows.first?.first.flatMap({ $0 }) else {
                throw PostgresError.undecodable("sha256")
            }
            return checksum
        }
    }

    private func inLockedTransaction<R>(_ body: () throws -> R) throws -> R {
        try execute("begin")
        do {
            try execute("set local lock_timeout = '\(Self.lockLimit)'")
            try lock()
            let outcome = try body()
            try execute("commit")
            return outcome
        } catch {
            // The first error is the one to tell; a connection that is gone has rolled back.
            _ = try? execute("rollback")
            throw error
        }
    }

    private func lock() throws {
        do {
            try execute("select pg_advisory_xact_lock(\(Self.lockKey))")
        } catch PostgresError.server("55P03", _) {
            throw Migrations.Failure.locked
        }
    }

    @discardableResult
    private func execute(
        _ sql: String, _ parameters: [String] = []
    ) throws -> [Connection.TextRow] {
        try connection.execute(sql, parameters, before: deadline)
    }
}
