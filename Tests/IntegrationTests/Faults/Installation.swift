import Cryptography
import Foundation
import Logging
import Postgres
import Testing

@testable import Auth

/// What an operator runs: instances of the real program on a database, with a mail server, and a
/// practice whose key calls them.
final class Installation: Sendable {
    let instances: [Instance]
    let key: String
    let post: PostOffice

    struct Settings: Sendable {
        var instances = 2
        /// Further variables of each instance's environment, by its number.
        var environment: @Sendable (Int) -> [String: String] = { _ in [:] }
        /// Where the mail server is reached, where that is not its own port.
        var mailPort: Int?
        /// How many files an instance may open, where that is few.
        var openFiles: Int?
    }

    /// - Parameters:
    ///   - database: where the practice is made.
    ///   - url: where the instances look for it.
    static func run<Result: Sendable>(
        _ settings: Settings = Settings(), on database: TestDatabase, url: String? = nil,
        post: PostOffice,
        _ body: @Sendable (Installation) async throws -> Result
    ) async throws -> Result {
        let installation = try await Installation(
            settings, on: database, url: url ?? database.serviceURL, post: post)
        do {
            for instance in installation.instances { try instance.start() }
            for instance in installation.instances {
                try await eventually(orElse: "an instance never became ready") {
                    await instance.isReady
                }
            }
            let outcome = try await body(installation)
            await installation.end()
            return outcome
        } catch {
            await installation.end()
            throw error
        }
    }

    private init(
        _ settings: Settings, on database: TestDatabase, url: String, post: PostOffice
    ) async throws {
        let ring = KeyRing.generate()
        let environment = [
            "AUTH_PUBLIC_URL": "https://auth.example.nl", "AUTH_DATABASE_URL": url,
            "AUTH_KEYS": ring,
            "AUTH_SIGNING_KEYS": ServiceConfiguration.generateSigningKey().expose(),
            "AUTH_SMTP_HOST": "localhost",
            "AUTH_SMTP_PORT": "\(settings.mailPort ?? post.port)",
            "AUTH_SMTP_CA_FILE": post.authority.certificate.path,
            "AUTH_MAIL_FROM": "no-reply@praktijk.example", "AUTH_LOG_LEVEL": "error",
            "AUTH_CLIENT_CODES_PER_HOUR": "1000000", "AUTH_DRAIN_SECONDS": "1",
        ]
        instances = try (0..<settings.instances).map { number in
            try Instance(
                environment.merging(settings.environment(number)) { $1 },
                openFiles: settings.openFiles)
        }
        key = try await Self.makeKey(on: database, ring: ring)
        self.post = post
    }

    /// Sends as the portal.
    func send(
        _ method: String, _ path: String, at instance: Int = 0, json: JSON? = nil,
        headers: [(String, String)] = []
    ) async throws -> HTTPAnswer {
        let client = instances[instance].client
        let all = [("X-API-Key", key)] + headers
        guard let json else { return try await client.send(method, path, headers: all) }
        return try await client.send(method, path, headers: all, json: json)
    }

    private func end() async {
        for instance in instances {
            instance.signal(SIGCONT)
            _ = try? await instance.end(SIGKILL)
        }
    }

    private static func makeKey(on database: TestDatabase, ring: String) async throws -> String {
        let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let keys = try KeyRing(parsing: ring)
        let hasher = try PasswordHasher(threads: 1)
        let key = try await Database.use(.init(url: database.serviceURL), logger: quiet) {
            database in
            let administration = Administration(database: database, hasher: hasher, keys: keys)
            let practice = try await administration.createPractice(
                Administration.NewPractice(
                    name: "Bryggen legesenter", country: "NO", timeZone: "Europe/Oslo",
                    locale: "en", portalOrigin: "https://portal.example",
                    supportContact: "55 00 00 00"))
            let client = try await administration.createClient(practice: practice, name: "portal")
            return try await administration.createKey(
                practice: practice, client: client, scopes: Administration.scopeNames
            ).expose()
        }
        await hasher.shutdown()
        return key
    }
}
