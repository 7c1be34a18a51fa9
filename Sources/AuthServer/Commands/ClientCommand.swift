import ArgumentParser
import Auth
import Foundation

/// `client create`: a new calling system of a practice.
struct ClientCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "client", abstract: "Work with clients.", subcommands: [Create.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a client; prints its id.")

        @Option(help: "Id of the practice.")
        var practice: UUID

        @Option(help: "Its name, such as portal.")
        var name: String

        @OptionGroup var settings: SettingOptions

        func run() async throws {
            let (practice, name) = (practice, name)
            try await Errand.run(settings) { administration in
                let id = try await administration.createClient(practice: practice, name: name)
                print(id.uuidString.lowercased())
            }
        }
    }
}

extension UUID: @retroactive ExpressibleByArgument {
    /// An id as people paste it.
    public init?(argument: String) { self.init(uuidString: argument) }
}
