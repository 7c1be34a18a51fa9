import Auth
import Cryptography
import Foundation
import Logging
import Postgres
import ServiceLifecycle
import Synchronization

/// A piece of work of an operator on a database that is there only as long as the work takes.
final class Errand<Made: Sendable>: Service {
    private let database: Database
    private let body: @Sendable () async throws -> Made
    private let made = Mutex<Made?>(nil)

    private init(_ database: Database, _ body: @escaping @Sendable () async throws -> Made) {
        self.database = database
        self.body = body
    }

    func run() async throws {
        try await connect()
        let result = try await body()
        made.withLock { $0 = result }
    }

    /// The pool connects in its own time; work that came before would only be refused.
    private func connect() async throws {
        let deadline = ContinuousClock.now + .seconds(10)
        while true {
            do {
                return try await database.probe(within: .seconds(2))
            } catch {
                guard case .unavailable(let cause) = error else { throw error }
                if ContinuousClock.now >= deadline {
                    guard case .noConnection = cause else { throw error }
                    throw database.connectFailure ?? .unreachable
                }
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}

extension Errand {
    /// Connects with the settings of `serve`, does the work, disconnects.
    ///
    /// - Throws: `ExitCode` after telling what is wrong with the settings, the database or the request.
    static func run(
        _ settings: SettingOptions,
        _ body: @escaping @Sendable (Administration) async throws -> Made
    ) async throws -> Made {
        var reader = settings.reader()
        let url = reader.database(.databaseURL)
        let keys = reader.keys()
        let prices = reader.sending().prices
        return try await ExitStatus.reporting {
            try reader.finish()
            return try await run(
                url: url.expose(), keys: try KeyRing(parsing: keys.expose()), prices: prices,
                logger: .ofCommand, body)
        }
    }

    /// Ends when the work does, with what it made or its error.
    static func run(
        url: String, keys: KeyRing, prices: SMSPrices = SMSPrices(), logger: Logger,
        _ body: @escaping @Sendable (Administration) async throws -> Made
    ) async throws -> Made {
        let database = try Database(configuration: .init(url: url), logger: logger)
        let hasher = try PasswordHasher()
        let administration = Administration(
            database: database, hasher: hasher, keys: keys, prices: prices)
        let errand = Errand(database) { try await body(administration) }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(service: database),
                    .init(
                        service: errand, successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .gracefullyShutdownGroup),
                ],
                logger: logger))
        try await group.run()
        await hasher.shutdown()
        // Without it the group was asked to end before the work was done.
        guard let made = errand.made.withLock({ $0 }) else { throw CancellationError() }
        return made
    }
}
