import Cryptography
import Foundation
import HTTPTypes
import Postgres

/// Where a patient is signed in, and how they end that (T11).
struct OwnSessionRoutes: Sendable {
    let database: Database
    let keys: KeyRing
    let patients: PatientAuthenticator

    func add(to endpoints: Endpoints) {
        endpoints.get("/v1/account/sessions", scope: .logins, list)
        endpoints.delete("/v1/account/sessions", scope: .logins, endOthers)
        endpoints.delete("/v1/account/sessions/{id}", scope: .logins, end)
    }

    /// A session as its owner sees it; its id is the `sid` of its tokens.
    struct Body: Encodable, Sendable {
        let id: UUID
        let current: Bool
        let client: String
        let device: String?
        let network: String
        let acr: String
        let startedAt: Date
        let lastUsedAt: Date

        init(_ found: FindSessions.Found, current: UUID) {
            id = found.id
            self.current = found.id == current
            client = found.client
            device = found.device
            network = found.network.rawValue
            acr = found.level.rawValue
            startedAt = found.startedAt
            lastUsedAt = found.lastUsedAt
        }
    }

    @Sendable private func list(_ context: AuthRequestContext) async throws -> Answer {
        let patient = try await patients.patient(context, .finished)
        let found = try await database.run(
            FindSessions(practice: try context.caller.practice.id, account: patient.accountID))
        let bodies = try found.map {
            try JSONValue(encoding: Body($0, current: patient.session.sessionID))
        }
        return .json(
            .object([JSONMember("data", .array(bodies)), JSONMember("next_cursor", .null)]))
    }

    @Sendable private func endOthers(_ context: AuthRequestContext) async throws -> Answer {
        let patient = try await patients.patient(context, .finished)
        _ = try await database.run(
            EndSessions(
                act: try context.act(keys, for: patient), account: patient.accountID,
                whose: .others(sparing: patient.session.sessionID), reason: .endedByOwner))
        return .noContent
    }

    /// One that is over by now is as unknown as another person's.
    @Sendable private func end(_ context: AuthRequestContext) async throws -> Answer {
        let patient = try await patients.patient(context, .finished)
        let ended = try await database.run(
            EndSessions(
                act: try context.act(keys, for: patient), account: patient.accountID,
                whose: .only(try context.id("id")), reason: .endedByOwner))
        guard ended > 0 else { throw Problem(.notFound) }
        return .noContent
    }
}
