import Cryptography
import Foundation
import HTTPTypes
import Postgres

/// The practice's register of patients: written by its own system, read, listed (api.md).
struct PatientRoutes: Sendable {
    let database: Database
    let keys: KeyRing
    let notices: Notices

    func add(to endpoints: Endpoints) {
        let path = "/v1/patients/{external_id}"
        endpoints.get("/v1/patients", scope: .patientsRead, list)
        endpoints.get(path, scope: .patientsRead, read)
        endpoints.put(path, scope: .patientsWrite, write)
        endpoints.delete(path, scope: .patientsWrite, remove)
    }

    /// Entries that somebody else makes at the same time are judged anew; nobody loses three in a row.
    private static let attempts = 3

    // MARK: - One entry

    @Sendable private func write(_ context: AuthRequestContext) async throws -> Answer {
        let practice = try context.caller.practice
        let (externalID, details) = try entry(context, in: practice)
        let statement = WritePatients(
            act: try context.act(keys),
            lines: [SealedPatient(externalID, details, practice: practice.id, keys: keys.snapshot)],
            condition: .init(
                match: PatientVersion.tags(context.ifMatch),
                noneMatch: PatientVersion.tags(context.ifNoneMatch)))
        let register = PatientRegister(database: database, notices: notices, practice: practice)
        for _ in 0..<Self.attempts {
            let written = try await register.write(statement).first
            switch written?.outcome {
            case .taken: throw Problem(.nationalNumberTaken)
            case .stale: throw Problem(.preconditionFailed)
            case .created, .changed, .unchanged:
                guard let written, let version = written.entry else { break }
                let patient = RegisteredPatient(
                    externalID: externalID.text, details: details, version: version,
                    hasAccount: written.hasAccount)
                let isNew = written.outcome == .created
                let values = try await values(of: [patient], context)
                return .json(
                    values[0], status: isNew ? .created : .ok,
                    headers: [.eTag: version.entityTag])
            case .raced, nil: continue
            }
        }
        throw Problem(.overloaded)
    }

    @Sendable private func read(_ context: AuthRequestContext) async throws -> Answer {
        let practice = try context.caller.practice
        let row = try await database.run(
            FindPatient(practice: practice.id, externalID: try context.externalID))
        guard let row else { throw Problem(.notFound) }
        let patient = try RegisteredPatient(row, in: practice, keys: keys)
        let values = try await values(of: [patient], context)
        return .json(values[0], headers: [.eTag: patient.version.entityTag])
    }

    /// Each with the newest invitation, which the entry's `ETag` does not cover: the practice sees here how
    /// far it came.
    private func values(
        of patients: [RegisteredPatient], _ context: AuthRequestContext
    ) async throws -> [JSONValue] {
        let practice = try context.caller.practice
        let invitations = try await database.run(
            FindNewestInvitations(practice: practice.id, patients: patients.map(\.version.id)))
        return try patients.map { patient in
            let invitation = try invitations[patient.version.id].map {
                try JSONValue(encoding: $0.body(in: context.language))
            }
            return patient.value(in: practice, invitation: invitation ?? .null)
        }
    }

    @Sendable private func remove(_ context: AuthRequestContext) async throws -> Answer {
        let practice = try context.caller.practice.id
        let statement = DeletePatient(
            act: try context.act(keys), externalID: try context.externalID,
            match: PatientVersion.tags(context.ifMatch))
        let outcome = try await database.transaction { transaction in
            // Whoever makes the patient's account at this moment comes before or after.
            try await transaction.run(
                HoldPatients(practice: practice, externalIDs: [statement.externalID.text]))
            return try await transaction.run(statement)
        }
        switch outcome {
        case .deleted: return .noContent
        case .stale: throw Problem(.preconditionFailed)
        case .unknown: throw Problem(.notFound)
        }
    }

    /// The entry in path and body; one answer names what is wrong with either.
    private func entry(
        _ context: AuthRequestContext, in practice: Practice
    ) throws -> (ExternalID, PatientDetails) {
        // What can't be read is no number either.
        let text = (try? context.segment("external_id")) ?? ""
        var externalID: ExternalID?
        var fields = try FieldReader(json: context.body)
        let details = try fields.read { fields in
            let place = Problem.Fault.Place.parameter("external_id")
            let details = PatientDetails(&fields, in: practice)
            do throws(ExternalID.Fault) {
                let named = try ExternalID(text)
                fields.demand("external_id", toBe: named.text)
                if let number = details.nationalNumber, named.spells(number) {
                    throw .nationalNumber
                }
                externalID = named
            } catch {
                _ = fields.take("external_id")
                fields.faults.append(Problem.Fault(place, error.code))
            }
            return details
        }
        guard let externalID else { throw Problem(.notFound) }
        return (externalID, details)
    }

    // MARK: - Many entries

    @Sendable private func list(_ context: AuthRequestContext) async throws -> Answer {
        let practice = try context.caller.practice
        let after = try context.cursor
        let rows = try await database.run(FindPatients(practice: practice.id, after: after))
        let page = try rows.prefix(FindPatients.pageLimit).map {
            try RegisteredPatient($0, in: practice, keys: keys)
        }
        let next = rows.count > page.count ? page.last?.version.id : nil
        return .json(
            .object([
                JSONMember("data", .array(try await values(of: page, context))),
                JSONMember("next_cursor", next.map { .string($0.text) } ?? .null),
            ]))
    }
}

extension AuthRequestContext {
    /// The practice system's number of a patient in the path; what can't be one is nobody's.
    var externalID: ExternalID {
        get throws(Problem) {
            let text = try segment("external_id")
            do throws(ExternalID.Fault) {
                return try ExternalID(text)
            } catch {
                throw Problem(.notFound)
            }
        }
    }

    /// The last entry of the page before, from the query.
    var cursor: UUID? {
        get throws(Problem) {
            guard let text = try query(["cursor"])["cursor"] else { return nil }
            guard let id = UUID(strict: text) else {
                throw Problem(
                    .queryInvalid, faults: [.init(.parameter("cursor"), .wrongFormat)])
            }
            return id
        }
    }
}

extension RegisteredPatient {
    /// The entry as callers see it, with null for what the register does not have.
    fileprivate func value(in practice: Practice, invitation: JSONValue) -> JSONValue {
        func text(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }
        return .object([
            JSONMember("external_id", .string(externalID)),
            JSONMember("id", .string(version.id.text)),
            JSONMember("first_name", text(details.firstName)),
            JSONMember("last_name", text(details.lastName)),
            JSONMember("date_of_birth", text(details.dateOfBirth?.expose())),
            JSONMember("postcode", text(details.postcode?.expose())),
            JSONMember("email", text(details.email)),
            JSONMember("mobile", text(details.mobile)),
            JSONMember("national_number", text(details.nationalNumber?.digits.expose())),
            JSONMember("general_practitioner", text(details.generalPractitioner)),
            JSONMember("locale", text(details.locale?.rawValue)),
            JSONMember("missing", .array(details.missing(in: practice).map(JSONValue.string))),
            JSONMember(
                "missing_for_details",
                .array(details.missingForDetails(in: practice).map(JSONValue.string))),
            JSONMember("has_account", .bool(hasAccount)),
            JSONMember("created_at", .string(version.createdAt.rfc3339)),
            JSONMember("changed_at", .string(version.changedAt.rfc3339)),
            JSONMember("invitation", invitation),
        ])
    }
}
