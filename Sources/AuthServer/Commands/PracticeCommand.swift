import ArgumentParser
import Auth
import Foundation

/// `practice create`: a new tenant.
struct PracticeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "practice", abstract: "Work with practices.", subcommands: [Create.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a practice; prints its id.")

        @Option(help: "Its name, as messages show it.")
        var name: String

        @Option(help: "NL or NO.")
        var country: String

        @Option(help: "Its clock, such as Europe/Amsterdam.")
        var timeZone: String

        @Option(help: "Language of its texts where a person has none: nl, nb or en.")
        var locale: String

        @Option(help: "Origin that links in messages point to, such as https://portal.example.org.")
        var portalOrigin: String

        @Option(help: "How people reach it, such as 030 123 45 67; texts name the practice first.")
        var supportContact: String

        @Option(help: "E-mail address of somebody who answers for it; may come several times.")
        var adminContact: [String] = []

        @Option(help: "`aud` of its tokens; made from its id where left out.")
        var audience: String?

        @OptionGroup var settings: SettingOptions

        func run() async throws {
            var practice = Administration.NewPractice(
                name: name, country: country, timeZone: timeZone, locale: locale,
                portalOrigin: portalOrigin, supportContact: supportContact)
            practice.audience = audience
            practice.adminContacts = adminContact
            let new = practice
            try await Errand.run(settings) { administration in
                print(try await administration.createPractice(new).uuidString.lowercased())
            }
        }
    }
}
