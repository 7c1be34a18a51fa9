import Foundation
import Testing

@Suite struct CommandTests {
    @Test(arguments: [["serve"], ["config", "check"]])
    func `faults of the settings are told at once, without a value, before anything starts`(
        command: [String]
    ) async throws {
        let canary = "canary-\(UUID())"
        let outcome = try await Program.run(
            Program.binary, command,
            environment: [
                "AUTH_KEYS": canary, "AUTH_SIGNING_KEYS": "changeme", "AUTH_LISTNE": canary,
                "AUTH_DATABASE_URL": "postgresql://auth:\(canary)@db.example.org/auth",
            ])
        #expect(outcome.status == 78)
        for name in [
            "AUTH_KEYS", "AUTH_SIGNING_KEYS", "AUTH_LISTNE", "AUTH_DATABASE_URL",
            "AUTH_PUBLIC_URL", "AUTH_SMTP_HOST", "AUTH_MAIL_FROM",
        ] {
            #expect(outcome.errors.contains("\(name): "), "\(name)")
        }
        #expect(!(outcome.output + outcome.errors).contains(canary))
    }

    @Test func `an operator makes a practice, a client, a key and accounts that work`() async throws
    {
        let folder = try Program.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let demo = try await RunningDemo.start(in: folder)
        defer { demo.end() }
        let variables = try await demo.variables()
        let url = try #require(variables["AUTH_URL"])
        let settings = [
            "AUTH_DATABASE_URL": try #require(variables["AUTH_DATABASE_URL"]),
            "AUTH_KEYS": try demo.keys(),
        ]
        func made(_ arguments: String..., input: String? = nil) async throws -> String {
            let outcome = try await Program.run(
                Program.binary, arguments, environment: settings, input: input)
            #expect(outcome.status == 0, "\(outcome)")
            return outcome.output.trimmingCharacters(in: .newlines)
        }

        #expect(try await made("migrate", "--check") == "the schema is up to date")
        let practice = try await made(
            "practice", "create", "--name", "Zeeland", "--country", "NL", "--time-zone",
            "Europe/Amsterdam", "--locale", "nl", "--portal-origin", "https://zeeland.example.nl",
            "--support-contact", "0118 12 34 56")
        let client = try await made("client", "create", "--practice", practice, "--name", "portal")
        let key = try await made(
            "key", "create", "--practice", practice, "--client", client, "--scopes", "logins")
        let person = """
            {"email":"jo@example.nl","email_confirmed":true,"first_name":"Jo","last_name":"Kok",\
            "locale":"nl","password":"Zeeuws-Meisje-7"}
            """
        let imported = try await Program.run(
            "accounts", "import", "--practice", practice, "-", environment: settings,
            input: "\(person)\n\n{\"username\":\"x\"}\n\(person)\n")
        #expect(imported.status == 1)
        #expect(imported.errors.contains("1 imported, 2 refused"))
        #expect(imported.output.contains(#""line":3"#) && imported.output.contains(#""line":4"#))

        let register = """
            {"external_id":"P-1","first_name":"Jo","last_name":"Kok","mobile":"06 12345678"}

            {"external_id":"P-2","first_name":"Bo"}
            {"external_id":"P-3","first_name":"Bo","last_name":"Vis"}
            """
        for run in [["--dry-run"], []] {
            let outcome = try await Program.run(
                Program.binary, ["patients", "import", "--practice", practice, "-"] + run,
                environment: settings, input: register)
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains("2 created, 0 changed, 0 unchanged, 1 refused"))
            #expect(outcome.output.contains(#""field":"last_name","line":3"#))
            #expect(outcome.output.contains(#""line":4,"missing":[],"notes":["no-mobile"]"#))
            #expect(!outcome.output.contains(#""line":1"#))
        }
        let nowhere = try await Program.run(
            "patients", "import", "--practice", UUID().uuidString, "-", environment: settings)
        #expect(nowhere.status == 65 && nowhere.errors.contains("no such practice"))

        let login = try await Program.shell(
            """
            curl -s \(url)/v1/logins -H 'X-API-Key: \(key)' -o /dev/null -w '%{http_code}' \
            --json '{"identifier":"jo@example.nl","password":"Zeeuws-Meisje-7"}'
            """)
        #expect(login.output == "201")
        let tooMany = try await Program.run(
            Program.binary,
            ["key", "create", "--practice", practice, "--client", client, "--scopes", "nothing"],
            environment: settings)
        #expect(tooMany.status == 65)
    }

    @Test func `the health check answers for the running service`() async throws {
        let folder = try Program.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let demo = try await RunningDemo.start(in: folder)
        let address = ["AUTH_LISTEN": try #require(demo.environment["AUTH_LISTEN"])]
        #expect(try await Program.run("healthcheck", environment: address).status == 0)
        #expect(try await Program.run("healthcheck", "--ready", environment: address).status == 0)
        demo.end()
        #expect(try await Program.run("healthcheck", environment: address).status == 1)
    }
}
