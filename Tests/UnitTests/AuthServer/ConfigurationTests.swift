import ArgumentParser
import Auth
import Cryptography
import Foundation
import Testing

@testable import AuthServer

@Suite struct ConfigurationTests {
    private let directory = FileManager.default.temporaryDirectory
        .appending(path: "configuration-\(UUID())")

    /// The environment of a service that may start.
    private func sound() -> [String: String] {
        [
            "AUTH_PUBLIC_URL": "https://auth.example.org",
            "AUTH_DATABASE_URL":
                "host=/run/postgresql dbname=practice_auth user=practice_auth_login",
            "AUTH_KEYS": KeyRing.generate(),
            "AUTH_SIGNING_KEYS": ServiceConfiguration.generateSigningKey().expose(),
            "AUTH_SMTP_HOST": "mail.example.org",
            "AUTH_MAIL_FROM": "portal@example.org",
        ]
    }

    private func read(
        _ changes: [String: String?] = [:], commandLine: [Setting: String] = [:]
    ) async throws -> ServiceConfiguration {
        var environment = sound()
        for (name, value) in changes { environment[name] = value }
        let sources = SettingSources(commandLine: commandLine, environment: environment)
        return try .production(from: sources.reader())
    }

    private func faults(_ changes: [String: String?]) async -> [String] {
        do {
            _ = try await read(changes)
            return []
        } catch {
            return (error as? ConfigurationFaults)?.faults.map(\.name) ?? ["\(error)"]
        }
    }

    private func file(_ name: String, _ content: String) throws -> String {
        let url = directory.appending(path: name)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(content.utf8).write(to: url)
        return url.path
    }

    @Test func `a sound configuration is taken, with defaults for what it leaves out`() async throws
    {
        let configuration = try await read()
        #expect(configuration.publicURL == "https://auth.example.org")
        #expect(configuration.issuer == "https://auth.example.org")
        #expect(configuration.listen.description == "127.0.0.1:8080")
        #expect(configuration.internalListen.description == "127.0.0.1:9090")
        #expect(configuration.mail?.port == 587)
        #expect(configuration.log.level == "info")
        #expect(configuration.limits.drainDelay == .seconds(2))
        #expect(!configuration.development)
    }

    @Test func `every fault is named at once, and no value`() async throws {
        let canary = "canary-\(UUID())"
        do {
            _ = try await read([
                "AUTH_PUBLIC_URL": nil, "AUTH_KEYS": canary, "AUTH_LISTEN": canary,
                "AUTH_SMTP_PORT": canary, "AUTH_LOG_LEVEL": canary, "AUTH_MAIL_FROM": canary,
                "AUTH_DATABASE_URL": canary, "AUTH_SIGNING_KEYS": canary,
                "AUTH_DRAIN_SECONDS": "61", "AUTH_SINGING_KEYS": canary,
                "AUTH_RETENTION_DAYS": canary,
            ])
            Issue.record("it was taken")
        } catch let error as ConfigurationFaults {
            #expect(
                Set(error.faults.map(\.name)) == [
                    "AUTH_PUBLIC_URL", "AUTH_KEYS", "AUTH_LISTEN", "AUTH_SMTP_PORT",
                    "AUTH_LOG_LEVEL", "AUTH_MAIL_FROM", "AUTH_DATABASE_URL", "AUTH_SIGNING_KEYS",
                    "AUTH_DRAIN_SECONDS", "AUTH_SINGING_KEYS", "AUTH_RETENTION_DAYS",
                ])
            #expect(!"\(error)".contains(canary))
        }
    }

    @Test func `nothing secret has a default`() async {
        let secrets = ["AUTH_DATABASE_URL", "AUTH_KEYS", "AUTH_SIGNING_KEYS"]
        for name in secrets {
            #expect(await faults([name: nil]) == [name])
            #expect(await faults([name: ""]) == [name])
        }
    }

    @Test(arguments: [
        "changeme", "12345678", "{\"current\":\"k1\",\"keys\":{\"k1\":\"c2hvcnQ=\"}}",
        "{\"current\":\"k1\",\"keys\":{\"k1\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"}}",
    ])
    func `a default, short or guessable key ring is refused`(text: String) async {
        #expect(await faults(["AUTH_KEYS": text]) == ["AUTH_KEYS"])
    }

    @Test(arguments: [
        "changeme",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQ==\n-----END PUBLIC KEY-----",
    ])
    func `what is no P-256 private key signs nothing`(text: String) async {
        #expect(await faults(["AUTH_SIGNING_KEYS": text]) == ["AUTH_SIGNING_KEYS"])
    }

    @Test(arguments: [
        "postgresql://auth:postgres@localhost/auth", "host=/tmp password=changeme",
        "postgresql://auth:short@localhost/auth", "host=/tmp password='Change Me!'",
        "postgresql://auth@localhost/auth?password=secret",
        "postgresql://auth:aaaaaaaaaaaaaaaa@/auth",
        "postgresql://auth:p%6fstgres@localhost/auth",
    ])
    func `a database password that everybody knows is refused`(url: String) async {
        #expect(await faults(["AUTH_DATABASE_URL": url]) == ["AUTH_DATABASE_URL"])
    }

    @Test(arguments: [
        "postgresql://auth:kY7-tulp-Zeist@db1,db2/auth", "host=db.example.org dbname=auth",
        "host=/tmp,db2 sslmode=prefer", "postgresql://db/auth?sslmode=allow",
    ])
    func `a database elsewhere is not spoken to in the open by accident`(url: String) async {
        #expect(await faults(["AUTH_DATABASE_URL": url]) == ["AUTH_DATABASE_URL"])
    }

    @Test(arguments: [
        "postgresql://auth:kY7-tulp-Zeist@db1,db2/auth?sslmode=verify-full",
        "host=database sslmode=disable password='kY7 tulp \\'Zeist'",
        "postgresql:///auth?host=/run/postgresql", "postgresql://auth@%2Frun%2Fpostgresql/auth",
        "postgresql://auth@[::1]:5433/auth", "host=127.0.0.1 port=5433",
    ])
    func `a safe connection is taken`(url: String) async {
        #expect(await faults(["AUTH_DATABASE_URL": url]).isEmpty)
    }

    @Test(arguments: [
        "http://auth.example.org", "https://auth.example.org/", "https://auth.example.org/v1",
        "https://auth.example.org?x", "auth.example.org", "https://user@auth.example.org",
        "https://",
    ])
    func `the public URL is an https origin`(url: String) async {
        #expect(await faults(["AUTH_PUBLIC_URL": url]) == ["AUTH_PUBLIC_URL"])
        #expect(await faults(["AUTH_PUBLIC_URL": "http://localhost:8080"]).isEmpty)
    }

    @Test(arguments: ["8080", "localhost", ":8080", "::1:80", "a:-1", "a:65536", "a:b"])
    func `an address is a host and a port`(address: String) async {
        #expect(await faults(["AUTH_LISTEN": address]) == ["AUTH_LISTEN"])
    }

    @Test func `an address may be of version 6`() async throws {
        let address = try await read(["AUTH_LISTEN": "[::]:8443"]).listen
        #expect(address == .init(host: "::", port: 8443))
        #expect(address.description == "[::]:8443")
    }

    @Test func `a name and a password for the mail server come together`() async {
        #expect(await faults(["AUTH_SMTP_USERNAME": "portal"]) == ["AUTH_SMTP_PASSWORD"])
        #expect(await faults(["AUTH_SMTP_PASSWORD": "kY7-tulp-Zeist"]) == ["AUTH_SMTP_USERNAME"])
    }
}

// MARK: where settings come from

extension ConfigurationTests {
    @Test func `the command line is over the environment, over secret files, over the JSON file`()
        async throws
    {
        let json = try file(
            "settings.json",
            #"{"log_level": "trace", "smtp_port": 25, "listen": "a:1", "drain_seconds": 9}"#)
        defer { try? FileManager.default.removeItem(at: directory) }
        _ = try file("secrets/log_level", "debug\n")
        _ = try file("secrets/listen", "b:2\n")
        let changes: [String: String?] = [
            "AUTH_CONFIG": json,
            "AUTH_SECRETS_DIRECTORY": directory.appending(path: "secrets").path,
            "AUTH_LOG_LEVEL": "notice",
        ]
        let configuration = try await read(changes, commandLine: [.logLevel: "error"])
        #expect(configuration.log.level == "error")
        #expect(try await read(changes).log.level == "notice")
        #expect(configuration.listen.description == "b:2")
        #expect(configuration.mail?.port == 25)
        #expect(configuration.limits.drainDelay == .seconds(9))
    }

    @Test func `a secret may stand in a file that the environment names`() async throws {
        let ring = KeyRing.generate()
        let path = try file("ring", ring + "\n")
        defer { try? FileManager.default.removeItem(at: directory) }
        let configuration = try await read(["AUTH_KEYS": nil, "AUTH_KEYS_FILE": path])
        #expect(configuration.keys.matches(Secret(ring)))
        #expect(await faults(["AUTH_KEYS_FILE": path]) == ["AUTH_KEYS_FILE"])
        #expect(
            await faults(["AUTH_KEYS": nil, "AUTH_KEYS_FILE": path + "-gone"])
                == ["AUTH_KEYS_FILE", "AUTH_KEYS"])
    }

    @Test func `unknown names are refused wherever they stand`() async throws {
        let json = try file("settings.json", #"{"smtp-host": "x", "listen": true}"#)
        defer { try? FileManager.default.removeItem(at: directory) }
        #expect(await faults(["AUTH_SMTP_HOTS": "x"]) == ["AUTH_SMTP_HOTS"])
        #expect(await faults(["AUTH_LISTEN_FILE": "x"]) == ["AUTH_LISTEN_FILE"])
        #expect(await faults(["AUTH_CONFIG": json]) == ["AUTH_LISTEN", "AUTH_CONFIG smtp-host"])
        #expect(await faults(["AUTH_CONFIG": json + "-gone"]) == ["AUTH_CONFIG"])
        #expect(await faults(["AUTH_SECRETS_DIRECTORY": json]) == ["AUTH_SECRETS_DIRECTORY"])

        // As an orchestrator mounts it: with files of its own, and links to the secrets.
        _ = try file("secrets/..data/log_level", "debug")
        _ = try file("secrets/.hidden", "x")
        let secrets = directory.appending(path: "secrets")
        try FileManager.default.createSymbolicLink(
            atPath: secrets.appending(path: "log_level").path,
            withDestinationPath: "..data/log_level")
        let changes: [String: String?] = ["AUTH_SECRETS_DIRECTORY": secrets.path]
        #expect(try await read(changes).log.level == "debug")
        _ = try file("secrets/smtp_pasword", "x")
        #expect(await faults(changes) == ["AUTH_SECRETS_DIRECTORY smtp_pasword"])
    }

    @Test func `what the demo prints for callers does not stand in the way`() async {
        let callers = OtherVariable.forCallers.map { ($0, String?.some("x")) }
        #expect(await faults(Dictionary(uniqueKeysWithValues: callers)).isEmpty)
    }

    @Test func `a secret cannot be given where others read it`() async {
        for setting in Setting.allCases where setting.isSecret {
            let option = "--" + setting.rawValue.replacing("_", with: "-")
            #expect(throws: (any Error).self) { try ServiceOptions.parse([option, "x"]) }
        }
    }

    @Test func `every other setting has an option`() async throws {
        for setting in Setting.allCases
        where !setting.isSecret {
            let option = "--" + setting.rawValue.replacing("_", with: "-")
            let reader = try ServiceOptions.parse([option, "value"]).reader(environment: [:])
            #expect(reader.text(setting) == "value")
            #expect(reader.origin(of: setting) == "command line")
        }
    }

    @Test func `an option stands only where it does something`() throws {
        #expect(throws: (any Error).self) {
            try PracticeAuth.parseAsRoot(["migrate", "--smtp-host", "mail.example.org"])
        }
        #expect(throws: (any Error).self) {
            try PracticeAuth.parseAsRoot(["dev", "--public-url", "https://auth.example.org"])
        }
        _ = try PracticeAuth.parseAsRoot(["migrate", "--config", "settings.json"])
        _ = try PracticeAuth.parseAsRoot(["dev", "--listen", "127.0.0.1:8081"])
        _ = try PracticeAuth.parseAsRoot(["healthcheck", "--listen", "127.0.0.1:8081"])
    }

    @Test func `what nobody has set and nothing stands for is told apart from a default`() {
        let without = Setting.allCases.filter { !$0.hasDefault }
        #expect(
            Set(without) == [
                .publicURL, .databaseURL, .ownerDatabaseURL, .keys, .signingKeys, .smtpHost,
                .smtpUsername, .smtpPassword, .mailFrom, .outboundHosts, .templatesDirectory,
            ])
    }
}
