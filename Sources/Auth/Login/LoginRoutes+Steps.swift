import Cryptography
import Foundation
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
            return try await completed(id, session, secondsAgo: answered.secondsAgo, caller)
        case .advanced: return try await standing(id, caller)
        case .superseded(let documents):
            throw Problem(.documentSuperseded, documents: documents)
        case .required(let documents): throw Problem(.documentsRequired, documents: documents)
        case .notDue: throw Problem(.stepOutOfOrder)
        case .ended: throw Problem(.loginEnded)
        case .unknown: throw Problem(.notFound)
        }
    }

    struct OwnPassword: RequestBody {
        let new: Secret<String>

        init(_ fields: inout FieldReader) throws {
            new = fields.secret("new_password", max: PasswordRoutes.ChosenPassword.longest)
        }
    }

    @Sendable func changePassword(
        _ body: OwnPassword, _ context: AuthRequestContext
    ) async throws -> Answer {
        let caller = try context.caller
        let id = try context.id("id")
        let act = try context.act(keys)
        let answered: Answered<ChangeLoginPassword.Outcome>
        switch try await database.run(FindPasswordStep(act: act, loginID: id)) {
        case .answered(let before): answered = before
        case .due(let account, let former):
            answered = try await change(former, of: account, to: body.new, id, act, context)
        }
        switch try answered.unlessReused() {
        case .completed(let session):
            if answered.isFirst { dispatcher.nudge() }
            return try await completed(id, session, secondsAgo: answered.secondsAgo, caller)
        case .notDue: throw Problem(.stepOutOfOrder)
        case .ended: throw Problem(.loginEnded)
        case .unknown: throw Problem(.notFound)
        }
    }

    /// In one commit: the password, the session, the end of all else that rested on the former one, and a
    /// notice to every mailbox.
    private func change(
        _ former: SealedPassword, of account: UUID, to new: Secret<String>, _ login: UUID,
        _ act: Act, _ context: AuthRequestContext
    ) async throws -> Answered<ChangeLoginPassword.Outcome> {
        let practice = try context.caller.practice
        let session = newSession(context)
        let found = try await database.run(
            FindOwnAccount(practice: practice.id, account: account, session: session.id))
        guard let found else { throw Problem(.notFound) }
        try await reviewer.demandAcceptable(
            new, of: found.owner(in: practice, keys: keys), in: practice)
        let turn = Turn(
            practice: practice.id, network: context.patientNetwork ?? account.bytes, kind: .known)
        let known = try former.open(account: account, keys: keys)
        guard try await !passwords.hasher.verify(new.passwordBytes, against: known, turn: turn)
        else {
            throw Problem(.fieldInvalid, faults: [.init(.pointer("/new_password"), .notAllowed)])
        }
        let phc = try await passwords.hasher.hash(new.passwordBytes, turn: turn)
        let statement = ChangeLoginPassword(
            act: act, loginID: login, account: account, former: former,
            password: .seal(phc, account: account, keys: keys), session: session)
        return try await database.transaction(
            of: act, rerunningOn: ChangeLoginPassword.retryableConstraints
        ) { transaction in
            try await transaction.run(LockAccount(practice: practice.id, account: account))
            let answered = try await transaction.run(statement)
            guard case .now(.completed) = answered else { return answered }
            try await transaction.endAccess(
                to: account, sparing: session.id, because: .passwordChanged, act: act)
            try await notices.tell(
                .changed(.passwordChanged), of: account, act: act, in: practice, by: transaction)
            return answered
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
    ///
    /// - Parameter secondsAgo: since the same request was answered; nil for the first time.
    func completed(
        _ id: UUID, _ session: OpenedSession, secondsAgo: Double?, recoveryCodesLeft: Int? = nil,
        isNew: Bool = false, _ caller: Caller
    ) async throws -> Answer {
        let tokens = try await self.tokens.first(
            for: session, secondsAgo: secondsAgo, to: caller, database: database)
        if secondsAgo == nil { metrics.count(.completed) }
        guard let login = try await find(id, caller) else { throw Problem(.codeUnknown) }
        let body = Login.Body(
            id: id, status: .done, plan: login.plan, left: session.steps,
            expiresAt: login.expiresAt,
            factors: login.factors, code: login.code?.body(in: caller.practice),
            recoveryCodesLeft: recoveryCodesLeft,
            tokens: tokens)
        return try answer(body, isNew: isNew)
    }

    private func answer(_ body: Login.Body, isNew: Bool) throws -> Answer {
        guard isNew else { return try .json(body) }
        return try .created(body, at: "/v1/logins/\(body.id.text)")
    }
}
