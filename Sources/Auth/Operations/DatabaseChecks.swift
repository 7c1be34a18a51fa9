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

    init(database: Database, logger: Logger) {
        self.database = database
        self.logger = logger
    }

    /// One on each way that requests take.
    var all: [Readiness.Check] {
        [
            Readiness.Check("database:write") {
                try await self.naming { try await self.database.probe(within: .seconds(1)) }
            },
            Readiness.Check("database:schema", interval: .seconds(5), deadline: .seconds(3)) {
                try await self.naming { try await self.lookAtSchema() }
            },
        ]
    }

    private func lookAtSchema() async throws {
        let schema = try await migrations.schema(in: database)
        guard schema.pending.isEmpty else { throw SchemaBehind(pending: schema.pending.count) }
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
