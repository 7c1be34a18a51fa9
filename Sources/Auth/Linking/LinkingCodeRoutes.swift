import Cryptography
import Foundation
import HTTPTypes
import Postgres

/// A code by which the account that the patient is signed in to is used at another practice too (Z-15).
struct LinkingCodeRoutes: Sendable {
    let database: Database
    let keys: KeyRing
    let patients: PatientAuthenticator

    func add(to endpoints: Endpoints) {
        endpoints.post("/v1/account/linking-codes", scope: .logins, make)
    }

    struct Body: Encodable, Sendable {
        let id: UUID
        let linkingCode: String
        let createdAt: Date
        let expiresAt: Date
    }

    @Sendable private func make(_ context: AuthRequestContext) async throws -> Answer {
        let patient = try await patients.patient(context, .fresh)
        let act = try context.act(keys, for: patient)
        let code = LinkingCode.random()
        let id = SecureRandom.uuid()
        let answered = try await database.run(
            MakeLinkingCode(
                act: act, account: patient.accountID, session: patient.session.sessionID,
                codeID: id, hash: code.hashes(keys: keys)[0],
                sealed: secret(id).sealed(code.printed, for: act)))
        guard case .made(let made) = try answered.unlessReused() else {
            throw Problem(.tokenInvalid)
        }
        var printed = code.printed
        if let secondsAgo = answered.secondsAgo {
            guard let again = secret(made.id).opened(made.sealed, secondsAgo: secondsAgo) else {
                throw Problem(.idempotencySecretGone)
            }
            printed = again
        }
        return try .json(
            Body(
                id: made.id, linkingCode: printed.expose(), createdAt: made.createdAt,
                expiresAt: made.expiresAt),
            status: .created)
    }

    private func secret(_ id: UUID) -> AnswerSecret {
        AnswerSecret(kind: "linking-code", id: id, keys: keys)
    }
}
