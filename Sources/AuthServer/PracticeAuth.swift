import ArgumentParser

/// The program: each command is a file in `Commands/`.
@main
struct PracticeAuth: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "practice-auth",
        abstract: "The authentication service of a medical practice's patient portal.",
        subcommands: [
            ServeCommand.self, DevelopmentCommand.self, MigrateCommand.self, ConfigCommand.self,
            PracticeCommand.self, ClientCommand.self, KeyCommand.self, KeysCommand.self,
            AccountsCommand.self, PatientsCommand.self, SendingCommand.self, AuditCommand.self,
            HealthcheckCommand.self,
        ]
    )
}
