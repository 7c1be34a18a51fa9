import Cryptography
import Foundation
import Logging
import Postgres

/// What an operator does from the command line: practices, clients, keys and imports.
package struct Administration: Sendable {
    let database: Database
    let hasher: PasswordHasher
    let keys: KeyRing
    /// What an SMS costs, by which a register's import may tell people.
    let prices: SMSPrices

    package init(
        database: Database, hasher: PasswordHasher, keys: KeyRing,
        prices: SMSPrices = SMSPrices()
    ) {
        self.database = database
        self.hasher = hasher
        self.keys = keys
        self.prices = prices
    }

    /// Why nothing was made; fit to be printed.
    package enum Refusal: Error, CustomStringConvertible {
        case invalid(String)
        case unknownPractice
        case unknownClient
        case clientExists
        case tooManyKeys
        case tooManyChanges(until: Date)

        package var description: String {
            switch self {
            case .invalid(let what): "not valid: \(what)"
            case .unknownPractice: "there is no such practice"
            case .unknownClient: "there is no such client in this practice"
            case .clientExists: "the practice has a client of this name"
            case .tooManyChanges(let until):
                "too much was changed in this practice just now; again from \(until.rfc3339)"
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
        package var adminContacts: [String] = []
        package var emailCodes = true
        package var codeLifetimeSeconds = 600
        package var resendWaitSeconds = 30
        package var sendsPerHour = 5
        package var sendsPerDay = 10
        /// What fits its country where nil.
        package var smsPerDay: Int?
        package var smsCostPerDay: Int?
        package var nationalNumberLogin = false
        package var syntheticNumbers = false

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

    /// Makes a practice, by the same checks as `PUT /v1/practice`.
    package func createPractice(_ new: NewPractice) async throws -> UUID {
        let id = SecureRandom.uuid()
        let blank = Practice(
            id: id, name: "", country: .netherlands, timeZone: .gmt, locale: .english,
            audience: new.audience ?? "urn:uuid:\(id.text)", portalOrigin: "", supportContact: "",
            policy: Practice.Policy(of: Practice.Country(rawValue: new.country) ?? .netherlands))
        let audience = JSONMember("audience", .string(blank.audience))
        let practice = try Self.valid(new.members + [audience]) { fields in
            _ = fields.trimmed("audience", max: Practice.Longest.audience)
            return blank.changed(by: &fields)
        }
        try await database.run(
            CreatePractice(practice: practice, requestID: SecureRandom.uuid()))
        return id
    }

    package func createClient(practice: UUID, name: String) async throws -> UUID {
        let name = try Self.valid([JSONMember("client", .string(name))]) {
            NewKey.clientName(&$0)
        }
        let id = UUIDv7.make(at: Date())
        let created = try await database.run(
            CreateClient(
                practice: practice, client: id, clientName: name, requestID: SecureRandom.uuid()))
        guard created else { throw Refusal.clientExists }
        return id
    }

    /// How many values are still there that each of these keys of the ring made and that are kept for long;
    /// none of a key that is not named.
    package func valuesLeft(under keyIDs: [String]) async throws -> [String: Int] {
        var left: [String: Int] = [:]
        for id in keyIDs {
            let count = try await database.run(CountFormer(keyID: id))
            if count > 0 { left[id] = count }
        }
        return left
    }

    /// The channels that can be stopped, by name.
    package static var channelNames: [String] { ChannelKind.allCases.map(\.rawValue) }

    /// Refuses every send of the channel from now on, on every instance.
    package func stopSending(by channel: String, reason: String) async throws {
        try await database.run(StopSending(channel: try Self.channel(channel), reason: reason))
    }

    /// Whether the channel had been stopped.
    package func resumeSending(by channel: String) async throws -> Bool {
        try await database.run(ResumeSending(channel: try Self.channel(channel)))
    }

    private static func channel(_ name: String) throws -> ChannelKind {
        guard let channel = ChannelKind(rawValue: name) else {
            throw Refusal.invalid("channel (\(channelNames.joined(separator: " or ")))")
        }
        return channel
    }

    /// Every scope there is, by name.
    package static var scopeNames: [String] { Scope.allCases.map(\.rawValue) }

    /// The key's text, which is shown once and kept nowhere.
    package func createKey(
        practice: UUID, client: UUID, scopes names: [String],
        lifeDays: Int = CreateKey.longestLifeDays
    ) async throws -> Secret<String> {
        let members = [
            JSONMember("scopes", .array(names.map(JSONValue.string))),
            JSONMember("days", .int(lifeDays)),
        ]
        let (scopes, days) = try Self.valid(members) { fields in
            (NewKey.scopes(&fields), fields.int("days", in: 1...CreateKey.longestLifeDays))
        }
        let act = Act(
            practiceID: practice, clientID: nil, key: nil, requestID: SecureRandom.uuid())
        do {
            let issued = try await IssueKey(database: database, keys: keys).run(
                for: .client(client), scopes: scopes,
                expiresAt: NewKey.expiry(days: days, from: Date()), act: act, by: nil)
            guard let text = issued.text else { throw Refusal.tooManyKeys }
            return text
        } catch IssueKey.Refusal.unknownClient {
            throw Refusal.unknownClient
        } catch IssueKey.Refusal.tooManyKeys {
            throw Refusal.tooManyKeys
        } catch IssueKey.Refusal.tooManyChanges(let until) {
            throw Refusal.tooManyChanges(until: until)
        }
    }

    /// What the API's own checks make of values that came from the command line.
    private static func valid<Value>(
        _ members: [JSONMember], _ read: (inout FieldReader) throws -> Value
    ) throws -> Value {
        var fields = FieldReader(members)
        do {
            return try fields.read(read)
        } catch let problem as Problem {
            throw Refusal.invalid(problem.faults.map(\.plain).joined(separator: "; "))
        }
    }

    /// Imports lines of accounts (NDJSON), at most ``AccountImport/lineLimit`` at once.
    package func importAccounts(
        practice: UUID
    ) async throws
        -> @Sendable (_ lines: [(number: Int, bytes: [UInt8]?)]) async throws
        -> [AccountImport.Result]
    {
        let found = try await find(practice)
        // All hashing threads busy, and the database besides.
        let accounts = AccountImport(
            database: database, hasher: hasher, keys: keys, width: PasswordHasher.threadCount * 2)
        return { lines in
            try await accounts.run(
                lines, in: found,
                act: Act(
                    practiceID: practice, clientID: nil, key: nil, requestID: SecureRandom.uuid()))
        }
    }

    /// A file's way into a practice's register, a line after the other (NDJSON).
    ///
    /// - Parameter isDryRun: says what would become of each line, and writes nothing.
    package func importPatients(practice: UUID, isDryRun: Bool) async throws -> PatientImport {
        PatientImport(
            database: database, notices: Notices(keys: keys, prices: prices),
            practice: try await find(practice),
            act: Act(
                practiceID: practice, clientID: nil, key: nil, requestID: SecureRandom.uuid()),
            isDryRun: isDryRun)
    }

    /// What became of one practice's audit, fit to be printed.
    package struct AuditReport: Sendable, CustomStringConvertible {
        package let isWhole: Bool
        package let description: String
    }

    /// Compares every practice's audit with its seals (Z-30).
    package func verifyAudits() async throws -> [AuditReport] {
        let chain = AuditChain(database: database, keys: keys, logger: Logger(label: "audit"))
        return try await chain.verdicts().map { verdict in
            let what =
                if let place = verdict.brokenAt {
                    "BROKEN at seal \(place); \(verdict.sealedRows) rows before it hold"
                } else {
                    "whole; \(verdict.sealedRows) rows hold, \(verdict.unsealedRows) wait"
                }
            return AuditReport(
                isWhole: verdict.brokenAt == nil,
                description: "\(verdict.practice.text) \(what); head \(verdict.head ?? "none")")
        }
    }

    private func find(_ practice: UUID) async throws -> Practice {
        do {
            return try await database.run(FindPractice(practice: practice))
        } catch PostgresError.undecodable {
            throw Refusal.unknownPractice
        }
    }
}

extension Administration.NewPractice {
    fileprivate var members: [JSONMember] {
        let policy: [JSONMember?] = [
            JSONMember("email_codes", .bool(emailCodes)),
            JSONMember("code_lifetime_seconds", .int(codeLifetimeSeconds)),
            JSONMember("resend_wait_seconds", .int(resendWaitSeconds)),
            JSONMember("sends_per_hour", .int(sendsPerHour)),
            JSONMember("sends_per_day", .int(sendsPerDay)),
            JSONMember("national_number_login", .bool(nationalNumberLogin)),
            JSONMember("synthetic_numbers", .bool(syntheticNumbers)),
            smsPerDay.map { JSONMember("sms_per_day", .int($0)) },
            smsCostPerDay.map { JSONMember("sms_cost_per_day", .int($0)) },
        ]
        return [
            JSONMember("name", .string(name)), JSONMember("country", .string(country)),
            JSONMember("time_zone", .string(timeZone)), JSONMember("locale", .string(locale)),
            JSONMember("portal_origin", .string(portalOrigin)),
            JSONMember("support_contact", .string(supportContact)),
            JSONMember("admin_contacts", .array(adminContacts.map(JSONValue.string))),
            JSONMember("policy", .object(policy.compactMap(\.self))),
        ]
    }
}

extension Problem.Fault {
    /// For an operator's eyes: `time zone: This is not known here.`
    fileprivate var plain: String {
        guard case .pointer(let pointer) = place else { return code.rawValue }
        let name = pointer.dropFirst().replacing("_", with: " ")
        return "\(name): \(EnglishProblemTexts().detail(code))"
    }
}
