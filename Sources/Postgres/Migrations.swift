import Foundation
import Logging

/// The schema's plain SQL files, `NNNN_noun.sql`, each applied once, in order, in a transaction.
///
/// What was applied stands in the table `schema_migration`, with the SHA-256 of its text: a file
/// that was applied must never change.
package struct Migrations: Sendable {
    /// The group role that services log in with; it may see which migrations were applied.
    package static let serviceRole = "practice_auth_service"

    /// One file.
    struct Migration: Sendable {
        let version: Int
        let name: String
        let sql: String
    }

    /// What was applied, against the files.
    package struct Status: Sendable, Equatable {
        /// Names of files that are still to be applied, in order.
        package var pending: [String] = []
        /// Names of migrations that were applied by a newer release; they don't prevent this one
        /// from working.
        package var unknown: [String] = []
    }

    /// What readiness asks of the schema.
    package struct Schema: Sendable, Equatable {
        /// Names of files that are still to be applied, in order.
        package var pending: [String]
        /// Whether the role that asks owns the schema, or may act as the role that does.
        package var isOwn: Bool
    }

    /// Why the files or the table can't be used.
    package enum Failure: Error, Equatable {
        /// A file is not named `NNNN_noun.sql`, or two have one number.
        case badName(String)
        case unreadable(String)
        /// The file is not what was applied under its name.
        case changed(String)
        /// A file is older than one that was applied already.
        case outOfOrder(String)
        /// Another run holds the lock for longer than the limit.
        case locked
        /// A file's SQL failed; nothing of it was kept. The explanation is the server's, given only
        /// where it is about the SQL itself.
        case failed(String, sqlState: String, line: Int?, explanation: String?)
    }

    package let directory: URL

    /// - Parameter directory: the folder of the files, as `Resources.migrations`.
    package init(directory: URL) {
        self.directory = directory
    }

    /// The number of the newest file; 0 without any.
    package func latestVersion() throws -> Int {
        try migrations().last?.version ?? 0
    }

    /// Applies what is pending; two runs at the same time apply each file once.
    ///
    /// - Parameter ownerURL: connects as the role that owns the schema.
    /// - Returns: the names of the files that were applied by this call.
    package func apply(ownerURL: String, logger: Logger) async throws -> [String] {
        let migrations = try migrations()
        return try await Blocking.run("migrations") {
            let run = try MigrationRun(url: ownerURL)
            let applied = try run.apply(migrations) { name in
                logger.info("migration applied", metadata: ["migration": "\(name)"])
            }
            let unknown = try run.status(of: migrations).unknown
            if !unknown.isEmpty {
                logger.warning(
                    "the database has newer migrations than this release",
                    metadata: ["migrations": "\(unknown)"])
            }
            return applied
        }
    }

    /// Names of files that are still to be applied; throws `Failure.changed` where one that was
    /// applied is another now. The service's own role may ask.
    package func pending(url: String) async throws -> [String] {
        try await status(url: url).pending
    }

    /// Compares the files with what was applied.
    package func status(url: String) async throws -> Status {
        let migrations = try migrations()
        return try await Blocking.run("migrations") {
            try MigrationRun(url: url).status(of: migrations)
        }
    }

    /// The same over the pool, for readiness: by version only, without comparing the files' texts.
    ///
    /// - Parameter limit: the pool's own deadline where nil.
    package func schema(
        in database: Database, within limit: Duration? = nil
    ) async throws -> Schema {
        var applied: [AppliedVersions.Version] = []
        do throws(PostgresError) {
            applied = try await database.run(AppliedVersions(), within: limit)
        } catch {
            // Without the table nothing was ever applied.
            guard case .server("42P01", _) = error else { throw error }
        }
        let versions = Set(applied.map(\.number))
        return Schema(
            pending: try migrations().filter { !versions.contains($0.version) }.map(\.name),
            isOwn: applied.contains(where: \.isOwn))
    }

    func migrations() throws -> [Migration] {
        let files = try FileManager.default.contentsOfDirectory(
            at: directory, includingPropertiesForKeys: nil
        ).filter { $0.pathExtension == "sql" }
        let migrations = try files.map { file in
            let name = file.deletingPathExtension().lastPathComponent
            guard let version = name.wholeMatch(of: /(\d{4})_[a-z0-9_]+/).flatMap({ Int($0.1) })
            else { throw Failure.badName(name) }
            guard let sql = try? String(contentsOf: file, encoding: .utf8) else {
                throw Failure.unreadable(name)
            }
            return Migration(version: version, name: name, sql: sql)
        }.sorted { $0.version < $1.version }
        for (earlier, later) in zip(migrations, migrations.dropFirst())
        where earlier.version == later.version {
            throw Failure.badName(later.name)
        }
        return migrations
    }
}

extension Migrations.Failure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .badName(let name): "\(name) is not named NNNN_noun.sql, or its number is taken"
        case .unreadable(let name): "\(name) can't be read as UTF-8"
        case .changed(let name): "\(name) is not the file that was applied under this name"
        case .outOfOrder(let name): "\(name) is older than one that was applied already"
        case .locked: "another run of migrate is under way"
        case .failed(let name, let sqlState, let line, let explanation):
            "\(name) failed" + (line.map { " at line \($0)" } ?? "") + " (SQLSTATE \(sqlState))"
                + (explanation.map { ": \($0)" } ?? "") + "; nothing of it was kept"
        }
    }
}

/// What was applied, seen through the pool.
private struct AppliedVersions: Statement {
    static let lane = Lane.ordinary
    static let spansPractices: String? = "the schema is one for all practices"
    static let sql = """
        select schema_migration.version::int8 as version,
               pg_has_role(current_user, pg_class.relowner, 'usage') as is_own
        from schema_migration
        join pg_class
          on pg_class.oid = schema_migration.tableoid
        """

    struct Version: Sendable {
        let number: Int
        /// Whether the table is the asking role's.
        let isOwn: Bool
    }

    var parameters: [Parameter] { [] }

    static func decode(_ rows: [Row]) throws -> [Version] {
        try rows.map { Version(number: try $0.int("version"), isOwn: try $0.bool("is_own")) }
    }
}
