import Logging
import Postgres
import Resources
import Synchronization

/// What must hold of the database for requests to be answered: it takes writes, and has the schema
/// that this binary knows.
final class DatabaseChecks: Sendable {
    private let database: Database
    private let migrations = Migrations(directory: Resources.migrations)
    private let logger: Logger
    private let hasLookedAtOwner = Atomic<Bool>(false)
    private let hasSeenSchema = Atomic<Bool>(false)

    /// A statement that went to a server which hangs must not hold up the next one, to its successor.
    private static let statementLimit = Duration.seconds(1)

    init(database: Database, logger: Logger) {
        self.database = database
        self.logger = logger
    }

    /// One on each way that requests take.
    var all: [Readiness.Check] {
        [
            Readiness.Check("database:write") {
                try await self.naming { try await self.database.probe(within: Self.statementLimit) }
            },
            Readiness.Check("database:schema", interval: .seconds(5)) {
                try await self.naming { try await self.lookAtSchema() }
            },
        ]
    }

    private func lookAtSchema() async throws {
        let schema: Migrations.Schema
        do {
            schema = try await migrations.schema(in: database, within: Self.statementLimit)
        } catch PostgresError.unavailable(let reason)
            where [.waitedTooLong, .queueFull].contains(reason)
            && hasSeenSchema.load(ordering: .relaxed)
        {
            // The connections for rare work are all busy. Nothing is learnt of the schema then, and the
            // write of the other check tells whether the database is there.
            return
        }
        guard schema.pending.isEmpty else { throw SchemaBehind(pending: schema.pending.count) }
        hasSeenSchema.store(true, ordering: .relaxed)
        if !hasLookedAtOwner.exchange(true, ordering: .relaxed), schema.isOwn {
            // Whoever gets hold of this process could drop the audit with it.
            logger.error(
                """
                the role of AUTH_DATABASE_URL owns the tables; give the service a login of its \
                own, in role \(Migrations.serviceRole)
                """)
        }
    }

    /// Tells why there is no connection where that is known; the pool only says that there is none.
    private func naming(_ check: () async throws -> Void) async throws {
        do {
            try await check()
        } catch PostgresError.unavailable(.noConnection) {
            throw database.connectFailure ?? .unreachable
        }
    }
}
