import Cryptography
import Foundation
import Postgres

/// What an operator does from the command line: practices, clients, keys and imports.
package struct Administration: Sendable {
    let database: Database
    let hasher: PasswordHasher
    let keys: KeyRing

    package init(database: Database, hasher: PasswordHasher, keys: KeyRing) {
        self.database = database
        self.hasher = hasher
        self.keys = keys
    }

    /// Why nothing was made; fit to be printed.
    package enum Refusal: Error, CustomStringConvertible {
        case invalid(String)
        case unknownClient
        case clientExists
        case tooManyKeys

        package var description: String {
            switch self {
            case .invalid(let what): "not valid: \(what)"
            case .unknownClient: "no such client in this practice"
            case .clientExists: "the practice has a client of this name"
            case .tooManyKeys: "the client has two live keys; one must be revoked or expire first"
            }
        }
    }

    /// What a new practice is called and how its patients are addressed.
    package struct NewPractice: Sendable {
        package var name: String
        package var country: String
        package var timeZone: String
        package var locale: String
        package var portalOrigin: String
        package var supportContact: String
        /// `aud` of its tokens; made from its id where nil.
        package var audience: String?
        package var emailCodes = true
        package var codeLifetimeSeconds = 600
        package var resendWaitSeconds = 30
        package var sendsPerHour = 5
        package var sendsPerDay = 10

        package init(
            name: String, country: String, timeZone: String, locale: String,
            portalOrigin: String, supportContact: String
        ) {
            self.name = name
            self.country = country
            self.timeZone = timeZone
            self.locale = locale
            self.portalOrigin = portalOrigin
            self.supportContact = supportContact
        }
    }

    package func createPractice(_ new: NewPractice) async throws -> UUID {
        let id = SecureRandom.uuid()
        let policy = Practice.Policy(
            emailCodes: new.emailCodes, codeLifetimeSeconds: new.codeLifetimeSeconds,
            resendWaitSeconds: new.resendWaitSeconds, sendsPerHour: new.sendsPerHour,
            sendsPerDay: new.sendsPerDay)
        guard let country = Practice.Country(rawValue: new.country) else {
            throw Refusal.invalid("country (NL or NO)")
        }
        guard let timeZone = TimeZone(identifier: new.timeZone) else {
            throw Refusal.invalid("time zone (such as Europe/Amsterdam)")
        }
        guard let locale = Language(rawValue: new.locale) else {
            throw Refusal.invalid("locale (nl, nb or en)")
        }
        guard (30...600).contains(policy.codeLifetimeSeconds) else {
            throw Refusal.invalid("code lifetime (30 to 600 seconds)")
        }
        guard (1...600).contains(policy.resendWaitSeconds) else {
            throw Refusal.invalid("resend wait (1 to 600 seconds)")
        }
        guard (1...1000).contains(policy.sendsPerHour), (1...10000).contains(policy.sendsPerDay)
        else { throw Refusal.invalid("sends (1 to 1000 an hour, 1 to 10000 a day)") }
        try await database.run(
            CreatePractice(
                practice: Practice(
                    id: id, name: new.name, country: country, timeZone: timeZone, locale: locale,
                    audience: new.audience ?? "urn:uuid:\(id.text)",
                    portalOrigin: new.portalOrigin, supportContact: new.supportContact,
                    policy: policy),
                requestID: SecureRandom.uuid()))
        return id
    }

    package func createClient(practice: UUID, name: String) async throws -> UUID {
        let id = SecureRandom.uuid()
        let created = try await database.run(
            CreateClient(
                practice: practice, client: id, clientName: name, requestID: SecureRandom.uuid()))
        guard created else { throw Refusal.clientExists }
        return id
    }

    /// Every scope there is, by name.
    package static var scopeNames: [String] { Scope.allCases.map(\.rawValue) }

    /// The key's text, which is shown once and kept nowhere.
    package func createKey(
        practice: UUID, client: UUID, scopes names: [String],
        lifeDays: Int = CreateKey.longestLifeDays
    ) async throws -> Secret<String> {
        let scopes = try names.map { name in
            guard let scope = Scope(rawValue: name) else {
                throw Refusal.invalid("scope \(name)")
            }
            return scope
        }
        guard !scopes.isEmpty else { throw Refusal.invalid("scopes (at least one)") }
        guard (1...CreateKey.longestLifeDays).contains(lifeDays) else {
            throw Refusal.invalid("life (1 to \(CreateKey.longestLifeDays) days)")
        }
        let id = SecureRandom.uuid()
        let key = APIKey.random(id: id)
        try await database.transaction { transaction in
            guard try await transaction.run(LockClient(practice: practice, client: client)) else {
                throw Refusal.unknownClient
            }
            let created = try await transaction.run(
                CreateKey(
                    practice: practice, client: client, key: id, hash: key.hash, scopes: scopes,
                    expiresAt: Date().addingTimeInterval(Double(lifeDays) * 86_400),
                    requestID: SecureRandom.uuid()))
            guard created else { throw Refusal.tooManyKeys }
        }
        return key.text
    }

    /// Imports one line of accounts (NDJSON).
    package func importAccount(
        practice: UUID, line: Int, bytes: [UInt8]
    ) async throws -> AccountImport.Result {
        try await AccountImport(database: database, hasher: hasher, keys: keys).run(
            line, bytes,
            act: Act(
                practiceID: practice, clientID: nil, key: nil, requestID: SecureRandom.uuid()))
    }
}
