import ArgumentParser
import Auth
import Foundation

/// `accounts import`: accounts of an earlier system, of any number.
struct AccountsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accounts", abstract: "Work with accounts.", subcommands: [Import.self])

    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Import accounts, one JSON object a line.",
            discussion: """
                Members: username, email, email_confirmed, mobile, mobile_confirmed, first_name, \
                last_name, locale, external_id, disabled, and either password or password_hash \
                (Argon2, bcrypt, PBKDF2 or scrypt; see README). Prints one JSON object for each \
                line that was refused; imports the others. Exits 1 if any was.
                """)

        @Option(help: "Id of the practice.")
        var practice: UUID

        @Argument(help: "The file; - for standard input.")
        var file: String

        @OptionGroup var settings: SettingOptions

        func run() async throws {
            guard let input = file == "-" ? .standardInput : FileHandle(forReadingAtPath: file)
            else { throw ValidationError("\(file) cannot be read") }
            let practice = practice
            let report = ImportReport()
            try await Errand.run(settings) { administration in
                try await AccountsImport(practice: practice, administration: administration)
                    .run(input) { await report.add($0) }
            }
            let (imported, refused) = await report.counts
            ExitStatus.complain("\(imported) imported, \(refused) refused")
            if refused > 0 { throw ExitCode.failure }
        }
    }
}

/// Counts, and prints what was refused as soon as it is known.
private actor ImportReport {
    private(set) var counts = (imported: 0, refused: 0)
    private let encoder: JSONEncoder

    init() {
        encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    }

    func add(_ result: AccountImport.Result) {
        if result.status == .imported {
            counts.imported += 1
        } else {
            counts.refused += 1
            if let data = try? encoder.encode(result) {
                print(String(decoding: data, as: UTF8.self))
            }
        }
    }
}
