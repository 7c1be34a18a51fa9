import Foundation
import HTTPTypes
import Postgres

/// What comes after the code: the steps that keep a login open, and the tokens in its last answer.
extension LoginRoutes {
    @Sendable func accept(
        _ body: GivenConsents, _ context: AuthRequestContext
    ) async throws -> Answer {
        let caller = try context.caller
        let id = try context.id("id")
        let answered = try await database.run(
            AcceptDocuments(
                act: try context.act(keys), loginID: id, documents: body.documents,
                languages: Document.languages(wanted: context.language, in: caller.practice),
                session: newSession(context)))
        switch try answered.unlessReused() {
        case .completed(let session):
            if case .before(_, let secondsAgo) = answered {
                try await session.demandRepeatable(
                    secondsAgo, in: caller.practice, database: database, keys: keys)
            } else {
                metrics.count(.completed)
            }
            return try await completed(id, session, caller)
        case .advanced: return try await standing(id, caller)
        case .superseded(let documents):
            throw Problem(.documentSuperseded, documents: documents)
        case .required(let documents): throw Problem(.documentsRequired, documents: documents)
        case .notDue: throw Problem(.stepOutOfOrder)
        case .ended: throw Problem(.loginEnded)
        case .unknown: throw Problem(.notFound)
        }
    }

    /// A session for the patient who is signing in.
    func newSession(_ context: AuthRequestContext) -> NewSession {
        NewSession(network: context.patientNetwork, keys: keys)
    }

    /// A login that goes on with another step.
    func standing(
        _ id: UUID, recoveryCodesLeft: Int? = nil, isNew: Bool = false, _ caller: Caller
    ) async throws -> Answer {
        guard let login = try await find(id, caller) else { throw Problem(.codeUnknown) }
        return try answer(
            login.body(in: caller.practice, recoveryCodesLeft: recoveryCodesLeft), isNew: isNew)
    }

    /// The answer that has the tokens.
    func completed(
        _ id: UUID, _ session: OpenedSession, recoveryCodesLeft: Int? = nil, isNew: Bool = false,
        _ caller: Caller
    ) async throws -> Answer {
        guard let login = try await find(id, caller) else { throw Problem(.codeUnknown) }
        let body = Login.Body(
            id: id, status: .done, plan: login.plan, left: session.steps,
            expiresAt: login.expiresAt,
            factors: login.factors, code: login.code?.body(in: caller.practice),
            recoveryCodesLeft: recoveryCodesLeft,
            tokens: try await tokens.first(for: session, to: caller))
        return try answer(body, isNew: isNew)
    }

    private func answer(_ body: Login.Body, isNew: Bool) throws -> Answer {
        guard isNew else { return try .json(body) }
        return try .json(
            body, status: .created, headers: [.location: "/v1/logins/\(body.id.text)"])
    }
}
