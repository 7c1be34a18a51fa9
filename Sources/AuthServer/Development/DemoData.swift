import Auth
import Cryptography
import Foundation

/// Two practices with people to try things on, made the way an operator makes real ones.
struct DemoData {
    /// Who signs in with the printed lines.
    static let identifier = "emma.jansen@example.nl"

    let administration: Administration
    let password: String

    /// Makes everything; its keys are in no other place than the answer.
    func make() async throws -> Install.APIKeys {
        let utrecht = try await administration.createPractice(withHighCeilings(Self.utrecht))
        let bergen = try await administration.createPractice(withHighCeilings(Self.bergen))
        try await importPeople(people(Self.inUtrecht), into: utrecht)
        try await importPeople(people(Self.inBergen), into: bergen)
        return Install.APIKeys(
            utrecht: try await key(utrecht, "portal", Administration.scopeNames),
            bergen: try await key(bergen, "portal", Administration.scopeNames),
            codes: try await key(utrecht, "pharmacy", ["codes:issue", "codes:verify"])
        )
    }

    /// Nothing is sent here that costs anything, and tests send much.
    private func withHighCeilings(
        _ practice: Administration.NewPractice
    ) -> Administration.NewPractice {
        var practice = practice
        practice.smsPerDay = 100_000
        practice.smsCostPerDay = 100_000_00
        return practice
    }

    private func key(_ practice: UUID, _ client: String, _ scopes: [String]) async throws -> String
    {
        let client = try await administration.createClient(practice: practice, name: client)
        return try await administration.createKey(
            practice: practice, client: client, scopes: scopes
        ).expose()
    }

    private func importPeople(_ lines: [String], into practice: UUID) async throws {
        let accounts = try await administration.importAccounts(practice: practice)
        let numbered = lines.enumerated().map { index, line in
            (number: index + 1, bytes: Array(line.utf8) as [UInt8]?)
        }
        for result in try await accounts(numbered) where result.status != .imported {
            throw Fault.refused(line: result.line, reason: result.reason ?? "")
        }
    }

    enum Fault: Error {
        case refused(line: Int, reason: String)
    }
}

// MARK: who there is

extension DemoData {
    private static var utrecht: Administration.NewPractice {
        .init(
            name: "Huisartsenpraktijk De Singel", country: "NL", timeZone: "Europe/Amsterdam",
            locale: "nl", portalOrigin: "https://portaal.example.nl",
            supportContact: "030 123 45 67")
    }

    private static var bergen: Administration.NewPractice {
        var practice = Administration.NewPractice(
            name: "Bryggen legesenter", country: "NO", timeZone: "Europe/Oslo",
            locale: "nb", portalOrigin: "https://portal.example.no",
            supportContact: "55 12 34 56")
        // Real numbers have no place here.
        practice.nationalNumberLogin = true
        practice.syntheticNumbers = true
        return practice
    }

    /// A line of the import; the password is the install's, and so the same for all.
    private struct Person: Encodable {
        var username: String?
        var email: String?
        var emailConfirmed: Bool?
        var firstName: String
        var lastName: String
        var locale: String
        var externalID: String?
        var disabled: Bool?
        var password: String?
        var passwordHash: String?
    }

    private static let inUtrecht = [
        // Signs in at once.
        Person(
            email: identifier, emailConfirmed: true, firstName: "Emma", lastName: "Jansen",
            locale: "nl", externalID: "U-1001"),
        // Brings the hash of an earlier system.
        Person(
            username: "pieter", email: "pieter.devries@example.nl", emailConfirmed: true,
            firstName: "Pieter", lastName: "de Vries", locale: "nl", externalID: "U-1002",
            passwordHash: ""),
        // Reads English.
        Person(
            email: "grace.okafor@example.com", emailConfirmed: true, firstName: "Grace",
            lastName: "Okafor", locale: "en", externalID: "U-1003"),
        // Two who share an address: it names nobody, each signs in by username.
        Person(
            username: "anna.smit", email: "familie.smit@example.nl", emailConfirmed: true,
            firstName: "Anna", lastName: "Smit", locale: "nl", externalID: "U-1004"),
        Person(
            username: "bram.smit", email: "familie.smit@example.nl", emailConfirmed: true,
            firstName: "Bram", lastName: "Smit", locale: "nl", externalID: "U-1005"),
        // Has no confirmed address, so no code can be sent.
        Person(
            username: "wil.bakker", email: "wil.bakker@example.nl", firstName: "Wil",
            lastName: "Bakker", locale: "nl", externalID: "U-1006"),
        // Is disabled, and so answered like nobody.
        Person(
            email: "kees.visser@example.nl", emailConfirmed: true, firstName: "Kees",
            lastName: "Visser", locale: "nl", externalID: "U-1007", disabled: true),
    ]

    private static let inBergen = [
        Person(
            email: "ingrid.hansen@example.no", emailConfirmed: true, firstName: "Ingrid",
            lastName: "Hansen", locale: "nb", externalID: "B-2001"),
        Person(
            username: "ola", email: "ola.berg@example.no", emailConfirmed: true,
            firstName: "Ola", lastName: "Berg", locale: "nb", externalID: "B-2002",
            passwordHash: ""),
        Person(
            username: "sigrid", email: "sigrid.lie@example.no", firstName: "Sigrid",
            lastName: "Lie", locale: "nb", externalID: "B-2003"),
        Person(
            email: "nils.dahl@example.no", emailConfirmed: true, firstName: "Nils",
            lastName: "Dahl", locale: "nb", externalID: "B-2004", disabled: true),
    ]

    private func people(_ people: [Person]) throws -> [String] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return try people.map { person in
            var person = person
            if person.passwordHash == nil {
                person.password = password
            } else {
                // What an earlier system took: cheaper than ours, so it is made anew at sign-in.
                person.passwordHash = try Argon2id.hash(
                    Secret(Array(password.utf8)),
                    parameters: Argon2id.Parameters(memory: 9_216, passes: 4))
            }
            return String(decoding: try encoder.encode(person), as: UTF8.self)
        }
    }
}
