import ArgumentParser
import Auth

/// `audit verify`: whether the audit is as it was sealed.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Work with the audit.", subcommands: [Verify.self])

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check every practice's audit against its seals; fails where one is broken.",
            discussion: """
                Prints a line for each practice with the head of its chain, which must be the one \
                that the service logged last ("audit sealed") or a later one.
                """)

        @OptionGroup var settings: SettingOptions

        func run() async throws {
            let isWhole = try await Errand.run(settings) { administration in
                let audits = try await administration.verifyAudits()
                for audit in audits { print(audit) }
                return audits.allSatisfy(\.isWhole)
            }
            guard isWhole else { throw ExitStatus.refused }
        }
    }
}
