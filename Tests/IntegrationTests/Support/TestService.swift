import Cryptography
import Foundation
import Logging
import Postgres
import Synchronization
import Testing

@testable import Auth

/// One or more instances of the whole service on a database of their own, reached over sockets.
struct TestService: Sendable {
    /// A client of each instance; requests go to the first unless a test says otherwise.
    let instances: [HTTPClient]
    let internalInstances: [HTTPClient]
    let services: [AuthService]
    let mail: RecordingChannel
    let database: TestDatabase
    let log: TestLog
    let practice: UUID
    /// All scopes of the practice.
    let key: String
    /// All scopes of another practice.
    let foreignKey: String
    /// All scopes of the practice, another client.
    let secondKey: String

    var client: HTTPClient { instances[0] }
    var service: AuthService { services[0] }

    /// What a test may set differently.
    struct Settings: Sendable {
        var instances = 1
        var sendsPerHour = 100
        var sendsPerDay = 1_000
        var resendWaitSeconds = 30
        var limits = ServerLimits()
        var configure: @Sendable (inout ServiceConfiguration) -> Void = { _ in }
        var channel: (any DeliveryChannel)?
        var hashThreads: Int?
        /// A server of its own, for a test that stops it.
        var cluster: TestCluster?
    }

    /// Starts the service, runs the body against it, and stops it whatever happened.
    static func run<Result: Sendable>(
        _ settings: Settings = Settings(),
        _ body: @escaping @Sendable (TestService) async throws -> Result
    ) async throws -> Result {
        let shared = try await TestCluster.shared()
        let database = try await (settings.cluster ?? shared).cloneDatabase()
        let mail = RecordingChannel()
        let log = TestLog()
        let signingKey = try TestKeys.signingKey()
        let ring = TestKeys.ring
        var services: [AuthService] = []
        for _ in 0..<settings.instances {
            var configuration = ServiceConfiguration(
                publicURL: "http://127.0.0.1", listen: .init(host: "127.0.0.1", port: 0),
                internalListen: .init(host: "127.0.0.1", port: 0),
                databaseURL: Secret(database.serviceURL), keys: Secret(ring),
                signingKeys: Secret(signingKey), mail: nil)
            configuration.limits.drainDelay = .zero
            configuration.limits.hashThreads = settings.hashThreads
            settings.configure(&configuration)
            services.append(
                try await AuthService(
                    configuration: configuration, logger: log.logger, metrics: MetricsRegistry(),
                    limits: settings.limits, channel: settings.channel ?? mail))
        }
        return try await Running.with(services) { [services] ports in
            let administration = services[0].administration
            func practice(_ name: String, _ country: String, _ zone: String, _ locale: String)
                async throws -> UUID
            {
                var new = Administration.NewPractice(
                    name: name, country: country, timeZone: zone, locale: locale,
                    portalOrigin: "https://portal.example", supportContact: "030 000 00 00")
                new.sendsPerHour = settings.sendsPerHour
                new.sendsPerDay = settings.sendsPerDay
                new.resendWaitSeconds = settings.resendWaitSeconds
                return try await administration.createPractice(new)
            }
            func key(_ practice: UUID, _ name: String) async throws -> String {
                let client = try await administration.createClient(practice: practice, name: name)
                return try await administration.createKey(
                    practice: practice, client: client, scopes: Administration.scopeNames
                ).expose()
            }
            let utrecht = try await practice(
                "Huisartsenpraktijk De Linde", "NL", "Europe/Amsterdam", "nl")
            let bergen = try await practice("Bryggen legesenter", "NO", "Europe/Oslo", "nb")
            let test = TestService(
                instances: ports.map { HTTPClient(port: $0.open) },
                internalInstances: ports.map { HTTPClient(port: $0.internal) },
                services: services, mail: mail, database: database, log: log, practice: utrecht,
                key: try await key(utrecht, "portal"),
                foreignKey: try await key(bergen, "portal"),
                secondKey: try await key(utrecht, "messenger"))
            return try await body(test)
        }
    }
}

// MARK: - What a caller does

extension TestService {
    /// Sends as the portal, with the key and whatever else is given.
    func send(
        _ method: String, _ path: String, json: JSON? = nil, key: String? = nil,
        ip: String? = nil, idempotencyKey: String? = nil, instance: Int = 0,
        headers: [(String, String)] = []
    ) async throws -> HTTPAnswer {
        var all = [("X-API-Key", key ?? self.key)] + headers
        if let ip { all.append(("X-Patient-IP", ip)) }
        if let idempotencyKey { all.append(("Idempotency-Key", idempotencyKey)) }
        let client = instances[instance % instances.count]
        guard let json else { return try await client.send(method, path, headers: all) }
        return try await client.send(method, path, headers: all, json: json)
    }

    func login(
        _ person: Person, password: String? = nil, ip: String? = nil, key: String? = nil,
        idempotencyKey: String? = nil, instance: Int = 0
    ) async throws -> HTTPAnswer {
        try await send(
            "POST", "/v1/logins",
            json: [
                "identifier": .string(person.identifier),
                "password": .string(password ?? person.password),
            ],
            key: key, ip: ip, idempotencyKey: idempotencyKey, instance: instance)
    }

    /// A login that began, and the code that its mail carries.
    func begin(_ person: Person, ip: String? = nil) async throws -> (id: String, code: String) {
        let number = mail.count(to: person.email) + 1
        let answer = try await login(person, ip: ip)
        try #require(answer.status == 201, "\(answer.text)")
        let id = try #require(try answer.json()["id"].string)
        return (id, await mail.message(number, to: person.email).code)
    }

    func verify(
        _ id: String, _ code: String, ip: String? = nil, key: String? = nil,
        idempotencyKey: String? = nil, instance: Int = 0
    ) async throws -> HTTPAnswer {
        try await send(
            "POST", "/v1/logins/\(id)/verify", json: ["code": .string(code)], key: key, ip: ip,
            idempotencyKey: idempotencyKey, instance: instance)
    }

    /// Signs in, and returns the answer that has the tokens.
    func signIn(_ person: Person, ip: String? = nil) async throws -> JSON {
        let login = try await begin(person, ip: ip)
        let answer = try await verify(login.id, login.code, ip: ip)
        try #require(answer.status == 200, "\(answer.text)")
        return try answer.json()
    }

    /// Six digits that are not the code.
    static func wrong(_ code: String, _ offset: Int = 1) -> String {
        let number = ((Int(code) ?? 0) + offset) % 1_000_000
        let digits = String(number)
        return String(repeating: "0", count: 6 - digits.count) + digits
    }
}

// MARK: - People

/// Somebody who can sign in.
struct Person: Sendable {
    var identifier: String
    let email: String
    let username: String
    var password = "Zomer-aan-Zee-42!"
}

extension TestService {
    /// A new account through the import endpoint; names are random, so that tests never meet.
    func person(
        in key: String? = nil, email: String? = nil, extra: [String: JSON] = [:]
    ) async throws -> Person {
        let name = "p" + SecureRandom.uuid().uuidString.lowercased().prefix(12)
        let address = email ?? "\(name)@example.nl"
        let person = Person(
            identifier: email == nil ? address : name, email: address, username: name)
        var line: [String: JSON] = [
            "username": .string(name), "email": .string(address), "email_confirmed": true,
            "first_name": "Anna", "last_name": "Jansen", "locale": "nl",
            "password_hash": .string(try TestKeys.hash(of: person.password)),
            "external_id": .string("ext-\(name)"),
        ]
        for (field, value) in extra { line[field] = value }
        let answer = try await importLines([.object(line)], key: key)
        try #require(try answer.json()["imported"].int == 1, "\(answer.text)")
        return person
    }

    func importLines(_ lines: [JSON], key: String? = nil) async throws -> HTTPAnswer {
        let body = lines.map { String(decoding: $0.bytes, as: UTF8.self) }.joined(separator: "\n")
        return try await client.send(
            "POST", "/v1/accounts/import",
            headers: [("X-API-Key", key ?? self.key), ("Content-Type", "application/x-ndjson")],
            body: Array(body.utf8))
    }
}

/// Keys and hashes that are made once for all tests of a process.
enum TestKeys {
    static let ring = KeyRing.generate()

    private static let hashes = Mutex<[String: String]>([:])

    static func hash(of password: String) throws -> String {
        if let known = hashes.withLock({ $0[password] }) { return known }
        let made = try Argon2id.hash(Secret(Array(password.utf8)))
        hashes.withLock { $0[password] = made }
        return made
    }
}
