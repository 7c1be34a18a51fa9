import ArgumentParser
import Auth

/// `config check`: what `serve` would say about its settings, without starting anything.
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Look at the settings.", subcommands: [Check.self])

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Name every fault of the settings at once, or where each setting comes from.")

        @OptionGroup var settings: ServiceOptions

        func run() async throws {
            let reader = settings.reader()
            try await ExitStatus.reporting {
                _ = try ServiceConfiguration.production(from: reader)
            }
            // Values stay unprinted even when they are no secret: what was pasted wrong may be one.
            for setting in Setting.allCases {
                let origin =
                    reader.origin(of: setting) ?? (setting.hasDefault ? "default" : "not set")
                print("\(setting.environmentName): \(origin)")
            }
        }
    }
}
