import Foundation
import Postgres
import Testing

@testable import Auth

/// `serve` as an operator sees it.
@Suite struct ServeTests {
    @Test func `the log tells the start, a schema that is behind, readiness and the end`()
        async throws
    {
        let folder = try Program.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let database = try await TestCluster.shared().emptyDatabase()
        let serve = try RunningServe.start(in: folder, database: database.serviceURL)
        defer { serve.end(SIGKILL) }
        try await eventually { try serve.messages().contains { $0.hasPrefix("schema is behind") } }
        let migrated = try await Program.run(
            "migrate", environment: ["AUTH_OWNER_DATABASE_URL": database.ownerURL])
        #expect(migrated.status == 0, "\(migrated)")
        try await eventually { try serve.messages().contains("ready") }
        #expect(serve.end(SIGTERM) == 0)

        let messages = try serve.messages()
        #expect(messages.filter { $0.hasPrefix("schema is behind") }.count == 1)
        let turns = ["starting", "ready", "draining", "no new connections from now on", "stopped"]
        #expect(messages.filter(turns.contains) == turns)
        #expect(messages.first == "starting" && messages.last == "stopped")
    }

    @Test func `a port that is taken is told in words`() async throws {
        let database = try await TestCluster.shared().cloneDatabase()
        for setting in ["AUTH_LISTEN", "AUTH_INTERNAL_LISTEN"] {
            let taken = try RunningDemo.takenPort()
            defer { close(taken.descriptor) }
            var settings = try RunningServe.settings(database: database.serviceURL)
            settings[setting] = "127.0.0.1:\(taken.port)"
            let outcome = try await Program.run("serve", environment: settings)
            #expect(outcome.status == 69)
            #expect(
                outcome.errors == "something else listens on 127.0.0.1:\(taken.port)\n",
                "\(outcome.errors)")
        }
    }
}

/// What commands say of a database that does not do what they ask.
@Suite struct CommandWordsTests {
    private static func run(
        _ arguments: String..., database url: String, input: String? = nil
    ) async throws -> Program.Outcome {
        try await Program.run(
            Program.binary, arguments,
            environment: try RunningServe.settings(database: url).filter {
                ["AUTH_DATABASE_URL", "AUTH_KEYS"].contains($0.key)
            }, input: input)
    }

    @Test func `an unknown practice is refused in words`() async throws {
        let url = try await TestCluster.shared().cloneDatabase().serviceURL
        let practice = UUID().uuidString
        let client = try await Self.run(
            "client", "create", "--practice", practice, "--name", "portal", database: url)
        #expect(client.status == 65 && client.errors == "there is no such practice\n", "\(client)")
        let key = try await Self.run(
            "key", "create", "--practice", practice, "--client", practice, "--scopes", "logins",
            database: url)
        #expect(key.status == 65 && key.output.isEmpty, "\(key)")
        let line = """
            {"username":"jo.kok","first_name":"Jo","last_name":"Kok","locale":"nl",\
            "password":"Zeeuws-Meisje-7"}
            """
        let accounts = try await Self.run(
            "accounts", "import", "--practice", practice, "-", database: url, input: line)
        #expect(
            accounts.status == 65 && accounts.errors == "there is no such practice\n",
            "\(accounts)")
    }

    @Test func `a schema that is missing is told with what helps`() async throws {
        let url = try await TestCluster.shared().emptyDatabase().serviceURL
        let outcome = try await Self.run(
            "client", "create", "--practice", UUID().uuidString, "--name", "portal", database: url)
        #expect(outcome.status == 69)
        #expect(
            outcome.errors == "the schema is missing or too old; run practice-auth migrate\n",
            "\(outcome)")
    }

    @Test func `migrate --check names what is pending, fails, and changes nothing`() async throws {
        let database = try await TestCluster.shared().emptyDatabase()
        let owner = ["AUTH_OWNER_DATABASE_URL": database.ownerURL]
        for _ in 1...2 {
            let behind = try await Program.run("migrate", "--check", environment: owner)
            #expect(behind.status == 1, "\(behind)")
            #expect(behind.output.hasPrefix("pending: 0001_practice\npending: 0002_"))
        }
        #expect(
            try await database.execute("select to_regclass('schema_migration')") == [[nil]])
        let migrated = try await Program.run("migrate", environment: owner)
        #expect(migrated.status == 0, "\(migrated)")
        let check = try await Program.run("migrate", "--check", environment: owner)
        #expect(check.status == 0 && check.output == "the schema is up to date\n", "\(check)")
    }

    @Test func `migrate names the owner's setting, and why the database is not to be had`()
        async throws
    {
        let without = try await Program.run("migrate")
        #expect(without.status == 78)
        #expect(without.errors == "configuration: AUTH_OWNER_DATABASE_URL: is missing\n")

        let cluster = try await TestCluster.shared().local
        for (url, words) in [
            ("host=/nowhere dbname=auth", "the database can't be reached\n"),
            (
                cluster.url(database: "nobodys", role: TestCluster.ownerRole),
                "the server has no such database\n"
            ),
        ] {
            let outcome = try await Program.run(
                "migrate", environment: ["AUTH_OWNER_DATABASE_URL": url])
            #expect(outcome.status == 69 && outcome.errors == words, "\(outcome)")
        }
    }
}
