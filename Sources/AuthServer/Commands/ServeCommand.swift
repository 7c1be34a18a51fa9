import ArgumentParser
import Auth
import Cryptography
import Logging

/// `serve`: the service in production.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the service until SIGTERM, then finish what is under way.",
        discussion: """
            Settings come from these options, the environment, a folder of secret files and a JSON \
            file, in this order; secrets from all but the options. Exits 78 and names every fault \
            at once if any is wrong.
            """)

    @OptionGroup var settings: ServiceOptions

    func run() async throws {
        PasswordHasher.prepare()
        try await ExitStatus.reporting {
            let configuration = try ServiceConfiguration.production(
                from: settings.reader())
            let logger = try Logger.ofService(configuration.log)
            let service = try await AuthService(configuration: configuration, logger: logger)
            try await service.run()
        }
    }
}
