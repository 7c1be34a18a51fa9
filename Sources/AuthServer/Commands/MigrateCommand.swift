import ArgumentParser
import Auth
import Cryptography
import Logging
import Postgres
import Resources

/// `migrate`: brings the schema to what this binary knows, as the role that owns it.
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Apply the migrations that ship with this binary.",
        discussion: """
            The connection is AUTH_OWNER_DATABASE_URL, or else AUTH_DATABASE_URL. Running it twice, \
            or on several machines at once, is safe: the second waits for the first.
            """)

    @Flag(help: "Change nothing; exit 1 and name the migrations that are pending, if any.")
    var check = false

    @OptionGroup var settings: SettingOptions

    func run() async throws {
        var reader = settings.reader()
        let isOnlyServices =
            reader.text(.ownerDatabaseURL) == nil && reader.text(.databaseURL) != nil
        let url = reader.database(isOnlyServices ? .databaseURL : .ownerDatabaseURL)
        for fault in ShippedFiles.faults { reader.reject(file: ShippedFiles.folder, fault) }
        try await ExitStatus.reporting {
            try reader.finish()
            try await check ? tellPending(url) : apply(url)
        }
    }

    private var migrations: Migrations { Migrations(directory: Resources.migrations) }

    private func tellPending(_ url: Secret<String>) async throws {
        let pending = try await migrations.pending(url: url.expose())
        for name in pending { print("pending: \(name)") }
        if !pending.isEmpty { throw ExitCode.failure }
        print("the schema is up to date")
    }

    private func apply(_ url: Secret<String>) async throws {
        let applied = try await migrations.apply(ownerURL: url.expose(), logger: .ofCommand)
        for name in applied { print("applied: \(name)") }
        if applied.isEmpty { print("the schema was up to date") }
    }
}
