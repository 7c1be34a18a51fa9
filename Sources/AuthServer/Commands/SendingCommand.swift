import ArgumentParser
import Auth

/// `sending stop` and `sending resume`: the kill switch, for when somebody runs up a bill.
struct SendingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sending",
        abstract: "Stop a channel for all practices, or let it send again.",
        subcommands: [Stop.self, Resume.self])

    struct Stop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Refuse every further code by this channel, at once and on every instance.",
            discussion: "Messages that are queued already still go out while their code lives.")

        @Argument(help: "email or sms")
        var channel: String

        @Option(help: "Why, for whoever finds it stopped.")
        var reason: String

        @OptionGroup var settings: SettingOptions

        func run() async throws {
            let (channel, reason) = (channel, reason)
            try await Errand.run(settings) { administration in
                try await administration.stopSending(by: channel, reason: reason)
            }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let a channel send again.")

        @Argument(help: "email or sms")
        var channel: String

        @OptionGroup var settings: SettingOptions

        func run() async throws {
            let channel = channel
            try await Errand.run(settings) { administration in
                print(
                    try await administration.resumeSending(by: channel)
                        ? "sends again" : "was not stopped")
            }
        }
    }
}
