import Foundation
import Testing

@testable import Auth

extension TestService {
    func putPatient(
        _ externalID: String, _ details: JSON, key: String? = nil, instance: Int = 0,
        headers: [(String, String)] = []
    ) async throws -> HTTPAnswer {
        try await send(
            "PUT", "/v1/patients/\(externalID)", json: details, key: key, instance: instance,
            headers: headers)
    }

    func patient(_ externalID: String, key: String? = nil) async throws -> HTTPAnswer {
        try await send("GET", "/v1/patients/\(externalID)", key: key)
    }

    /// Sends lines of a register as they stand.
    func importPatients(
        _ text: String, dryRun: Bool = false, key: String? = nil, instance: Int = 0
    ) async throws -> JSON {
        let answer = try await instances[instance].send(
            "POST", "/v1/patients/import" + (dryRun ? "?dry_run=true" : ""),
            headers: [("X-API-Key", key ?? self.key), ("Content-Type", "application/x-ndjson")],
            body: Array(text.utf8))
        try #require(answer.status == 200, "\(answer.text)")
        return try answer.json()
    }

    func importPatients(
        _ lines: [JSON], dryRun: Bool = false, key: String? = nil, instance: Int = 0
    ) async throws -> JSON {
        try await importPatients(
            lines.map { String(decoding: $0.bytes, as: UTF8.self) }.joined(separator: "\n"),
            dryRun: dryRun, key: key, instance: instance)
    }

    /// Changes the policy of the practice whose key it is, on the instance that is asked.
    func setPolicy(_ policy: JSON, key: String? = nil, instance: Int = 0) async throws {
        let answer = try await send(
            "PUT", "/v1/practice", json: ["policy": policy], key: key, instance: instance)
        try #require(answer.status == 200, "\(answer.text)")
    }

    /// Lets patients of the Norwegian practice sign in by numbers that were made for tests.
    func allowNumberLogin() async throws {
        for instance in instances.indices {
            try await setPolicy(
                ["national_number_login": true, "synthetic_numbers": true], key: foreignKey,
                instance: instance)
        }
    }

    /// How many entries the practices have together.
    func patientCount() async throws -> Int {
        try await database.count("patient", where: "true")
    }
}

/// What entries of a register are made of.
enum PatientSample {
    /// Emma Jansen as her practice's system sends her, and as the register keeps her.
    static let emma: JSON = [
        "first_name": "Emma", "last_name": "Jansen", "date_of_birth": "1987-05-03",
        "postcode": "3512 jc", "email": " Emma.Jansen@example.nl", "mobile": "06 12345678",
        "general_practitioner": "A. de Wit", "locale": "nl",
    ]
    static let emmaKept: [String: JSON] = [
        "first_name": "Emma", "last_name": "Jansen", "date_of_birth": "1987-05-03",
        "postcode": "3512JC", "email": "Emma.Jansen@example.nl", "mobile": "+31612345678",
        "national_number": nil, "general_practitioner": "A. de Wit", "locale": "nl",
    ]

    static let nobody: JSON = ["first_name": "Jo", "last_name": "Kok"]

    /// Norwegian numbers made for tests (standards.md 14.5); the last two are D-numbers.
    static let numbers = [
        "01899010031", "31928501283", "29810050134", "15814590094", "17810150025", "41819010186",
        "55927522224",
    ]

    static func with(_ changes: [String: JSON], of details: JSON = nobody) -> JSON {
        .object(details.members.merging(changes) { _, new in new })
    }

    static func line(_ externalID: String, _ changes: [String: JSON] = [:]) -> JSON {
        with(changes.merging(["external_id": .string(externalID)]) { old, _ in old })
    }
}
