import ArgumentParser
import Auth
import Cryptography
import Foundation

/// `key create`: what a client signs its calls with.
struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Work with API keys.", subcommands: [Create.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a key of a client; prints it, once.",
            discussion: """
                A client has at most two live keys, so that a new one can be rolled out before the \
                old one is gone. Scopes: \(Administration.scopeNames.joined(separator: ", ")).
                """)

        @Option(help: "Id of the practice.")
        var practice: UUID

        @Option(help: "Id of the client.")
        var client: UUID

        @Option(help: "What the key may do: scopes with commas between them, or all.")
        var scopes: String

        @Option(help: "Days until it expires, at most 365.")
        var days = 365

        @OptionGroup var settings: SettingOptions

        func run() async throws {
            let names =
                scopes == "all"
                ? Administration.scopeNames
                : scopes.split(whereSeparator: { $0 == "," || $0 == " " }).map(String.init)
            let (practice, client, days) = (practice, client, days)
            try await Errand.run(settings) { administration in
                let key = try await administration.createKey(
                    practice: practice, client: client, scopes: names, lifeDays: days)
                print(key.expose())
            }
        }
    }
}
