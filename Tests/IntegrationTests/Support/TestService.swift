import Cryptography
import Foundation
import Postgres
import Synchronization
import Testing

@testable import Auth

/// The service as its callers see it: servers, and two practices with a client or two each.
struct TestService: Sendable {
    private let servers: TestServers
    let practice: UUID
    /// All scopes of the practice.
    let key: String
    /// All scopes of another practice.
    let foreignKey: String
    /// All scopes of the practice, another client.
    let secondKey: String

    /// A client of each instance; requests go to the first unless a test says otherwise.
    var instances: [HTTPClient] { servers.instances }
    var internalInstances: [HTTPClient] { servers.internalInstances }
    var services: [AuthService] { servers.services }
    var mail: RecordingChannel { servers.mail }
    var database: TestDatabase { servers.database }
    var log: TestLog { servers.log }
    var client: HTTPClient { instances[0] }
    var service: AuthService { services[0] }

    /// What a test may set differently.
    struct Settings: Sendable {
        var instances = 1
        var sendsPerHour = 100
        var sendsPerDay = 1_000
        var resendWaitSeconds = 30
        /// The product's own, for a test of deadlines; else a busy machine gets time.
        var limits: ServerLimits?
        var configure: (@Sendable (inout ServiceConfiguration) -> Void)?
        var channel: (any DeliveryChannel)?
        var hashThreads: Int?
        /// The time of an instance's keys and tokens, by its number.
        var clock: (@Sendable (Int) -> Date)?
        /// A server of its own, for a test that stops it.
        var cluster: TestCluster?
        /// For a test that counts by metrics, or breaks what it runs on.
        var hasOwnServers = false

        static let onItsOwn = Settings(hasOwnServers: true)

        var canShareServers: Bool {
            !hasOwnServers && limits == nil && configure == nil && channel == nil
                && hashThreads == nil && cluster == nil && clock == nil
        }
    }

    /// Runs the body against the service, with practices that it has for itself.
    static func run<Result: Sendable>(
        _ settings: Settings = Settings(),
        _ body: @escaping @Sendable (TestService) async throws -> Result
    ) async throws -> Result {
        try await TestServers.run(settings) { servers in
            try await body(TestService(on: servers, settings))
        }
    }

    private init(on servers: TestServers, _ settings: Settings) async throws {
        let administration = servers.services[0].administration
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
        self.servers = servers
        self.practice = utrecht
        self.key = try await key(utrecht, "portal")
        self.foreignKey = try await key(bergen, "portal")
        self.secondKey = try await key(utrecht, "messenger")
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
        idempotencyKey: String? = nil, instance: Int = 0, pass: String? = nil,
        deviceToken: String? = nil
    ) async throws -> HTTPAnswer {
        var members: [String: JSON] = [
            "identifier": .string(person.identifier),
            "password": .string(password ?? person.password),
        ]
        members["pass"] = pass.map(JSON.string)
        members["device_token"] = deviceToken.map(JSON.string)
        return try await send(
            "POST", "/v1/logins", json: .object(members),
            key: key, ip: ip, idempotencyKey: idempotencyKey, instance: instance)
    }

    /// A login that began, and the code that its mail carries.
    func begin(_ person: Person, ip: String? = nil) async throws -> (id: String, code: String) {
        let answer = try await login(person, ip: ip)
        try #require(answer.status == 201, "\(answer.text)")
        let id = try #require(try answer.json()["id"].string)
        return (id, try await mail.code(of: answer.json()["code"], to: person.email))
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
