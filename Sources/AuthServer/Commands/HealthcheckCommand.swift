import ArgumentParser
import Auth

/// `healthcheck`: asks the running service whether it lives, so that an image needs no HTTP client.
struct HealthcheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "healthcheck",
        abstract: "Exit 0 if the service on this machine answers /livez, 1 if not.")

    @Flag(help: "Ask /readyz: also the database, the schema and the keys.")
    var ready = false

    @Option(help: "Address of the API, host:port.")
    var listen: String?

    @OptionGroup var settings: SettingOptions

    func run() async throws {
        var reader = settings.reader([.listen: listen])
        let address = reader.address(.listen, default: .init(host: "127.0.0.1", port: 8080))
        try await ExitStatus.reporting { try reader.finish() }
        guard Probe(address: address).isHealthy(path: ready ? "/readyz" : "/livez") else {
            throw ExitCode.failure
        }
    }
}
