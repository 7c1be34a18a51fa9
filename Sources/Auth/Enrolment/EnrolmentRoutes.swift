import Cryptography
import Foundation
import HTTPTypes
import Postgres

/// From an invitation to an account, step by step (api.md; AC-1 to AC-4, IN-2, IN-3, IN-6).
struct EnrolmentRoutes: Sendable {
    let database: Database
    let keys: KeyRing
    let passwords: PasswordCheck
    let reviewer: PasswordReviewer
    let tokens: Tokens
    let dispatcher: Dispatcher
    let ceilings: SendCeilings
    let notices: Notices

    func add(to endpoints: Endpoints) {
        let path = "/v1/enrolments/{id}"
        endpoints.post("/v1/enrolments", scope: .enrolments, body: OpenedLink.self, open)
        endpoints.get(path, scope: .enrolments, read)
        endpoints.post(
            "\(path)/identity", scope: .enrolments, body: TypedIdentity.self, proveIdentity)
        endpoints.post(
            "\(path)/email-confirmation", scope: .enrolments, body: OpenedConfirmation.self,
            confirmEmail)
        endpoints.post("\(path)/profile", scope: .enrolments, body: TypedProfile.self, giveProfile)
        endpoints.post(
            "\(path)/consents", scope: .enrolments, body: GivenConsents.self, accept)
        endpoints.post("\(path)/complete", scope: .enrolments, complete)
        endpoints.post(
            "\(path)/link", scope: .enrolments, optionalBody: LinkedAccount.self, link)
        endpoints.post("\(path)/decline", scope: .enrolments, decline)
    }

    struct OpenedLink: RequestBody {
        let token: Secret<String>

        init(_ fields: inout FieldReader) throws {
            token = fields.secret("invitation_token", max: LinkToken.longest)
        }
    }

    struct OpenedConfirmation: RequestBody {
        let token: Secret<String>

        init(_ fields: inout FieldReader) throws {
            token = fields.secret("token", max: LinkToken.longest)
        }
    }

    /// Of somebody else's steps between reading and writing; nobody loses three in a row.
    static let attempts = 3
}

// MARK: - What every step does

extension EnrolmentRoutes {
    /// - Throws: `not-found`.
    func find(_ id: UUID, _ caller: Caller) async throws -> Enrolment {
        let row = try await database.run(
            FindEnrolment(practice: caller.practice.id, client: caller.clientID, enrolment: id))
        guard let row else { throw Problem(.notFound) }
        return try Enrolment(row, in: caller.practice, keys: keys)
    }

    /// Does a step where the table allows it, and judges anew where something was done meanwhile.
    ///
    /// With an `Idempotency-Key` the statement is asked in any case, since it may have done this very
    /// step; at a revision that no enrolment has it does nothing new.
    ///
    /// - Parameter run: the statement at the revision that it is given; nil where it was overtaken.
    func step<Output>(
        _ kind: EnrolmentAct, _ context: AuthRequestContext,
        _ run: (_ enrolment: Enrolment, _ revision: Int) async throws -> Output?
    ) async throws -> Output {
        let caller = try context.caller
        let id = try context.id("id")
        for _ in 0..<Self.attempts {
            let enrolment = try await find(id, caller)
            let refusal = enrolment.refusal(of: kind)
            if let refusal, context.idempotencyKey == nil { throw refusal }
            if let done = try await run(enrolment, refusal == nil ? enrolment.revision : 0) {
                return done
            }
            if let refusal { throw refusal }
        }
        throw Problem(.overloaded)
    }

    /// How the enrolment stands now.
    func summary(
        _ context: AuthRequestContext, _ id: UUID? = nil, status: HTTPResponse.Status = .ok,
        headers: HTTPFields = [:], tokens: Tokens.Body? = nil
    ) async throws -> Answer {
        let caller = try context.caller
        let enrolment = try await find(try id ?? context.id("id"), caller)
        var addressIsTaken = false
        if enrolment.isProven {
            addressIsTaken = try await database.run(
                FindTakenAddress(
                    practice: caller.practice.id,
                    indexes: enrolment.names(nil, in: caller.practice, keys: keys).email.indexes))
        }
        return try .json(
            enrolment.body(
                in: caller.practice, addressIsTaken: addressIsTaken, tokens: tokens),
            status: status, headers: headers)
    }
}

// MARK: - Opening, reading, declining

extension EnrolmentRoutes {
    @Sendable private func open(
        _ body: OpenedLink, _ context: AuthRequestContext
    ) async throws -> Answer {
        let opened = try await database.run(
            OpenLink(
                act: try context.act(keys), tokenHash: LinkToken.hash(body.token),
                enrolmentID: SecureRandom.uuid(), accountID: SecureRandom.uuid(),
                network: context.patientNetwork, keys: keys))
        switch try opened.unlessReused() {
        case .opened(let id):
            return try await summary(
                context, id, status: .created, headers: [.location: "/v1/enrolments/\(id.text)"])
        case .refused(let kind): throw Problem(kind)
        case .throttled(let until): throw Problem(.identityThrottled, retryAt: until)
        }
    }

    @Sendable private func read(_ context: AuthRequestContext) async throws -> Answer {
        try await summary(context)
    }

    @Sendable private func decline(_ context: AuthRequestContext) async throws -> Answer {
        let act = try context.act(keys)
        try await step(.decline, context) { enrolment, revision -> Void? in
            let declined = try await database.run(
                DeclineEnrolment(act: act, enrolment: enrolment.id, revision: revision))
            guard try declined.unlessReused() == .declined else { return nil }
            return ()
        }
        return try await summary(context)
    }

    @Sendable private func confirmEmail(
        _ body: OpenedConfirmation, _ context: AuthRequestContext
    ) async throws -> Answer {
        let act = try context.act(keys)
        try await step(.confirmEmail, context) { enrolment, revision -> Void? in
            let confirmed = try await database.run(
                ConfirmEmail(
                    act: act, enrolment: enrolment.id, revision: revision,
                    tokenHash: LinkToken.hash(body.token)))
            switch try confirmed.unlessReused() {
            case .confirmed: return ()
            case .superseded: throw Problem(.linkSuperseded)
            case .unknown: throw Problem(.linkUnknown)
            case .overtaken: return nil
            }
        }
        return try await summary(context)
    }
}

// MARK: - Ending it

extension EnrolmentRoutes {
    /// In the language in which the caller shows them (IN-5).
    @Sendable private func accept(
        _ body: GivenConsents, _ context: AuthRequestContext
    ) async throws -> Answer {
        let practice = try context.caller.practice
        let act = try context.act(keys)
        try await step(.acceptDocuments, context) { enrolment, revision -> Void? in
            let accepted = try await database.run(
                GiveConsents(
                    act: act, enrolment: enrolment.id, revision: revision,
                    documents: body.documents,
                    languages: Document.languages(wanted: context.language, in: practice)))
            switch try accepted.unlessReused() {
            case .accepted: return ()
            case .superseded(let documents):
                throw Problem(.documentSuperseded, documents: documents)
            case .required(let documents):
                throw Problem(.documentsRequired, documents: documents)
            case .overtaken: return nil
            }
        }
        return try await summary(context)
    }

    @Sendable private func complete(_ context: AuthRequestContext) async throws -> Answer {
        let caller = try context.caller
        let act = try context.act(keys)
        let session = NewSession(network: context.patientNetwork, keys: keys)
        let (opened, secondsAgo) = try await step(.complete, context) {
            enrolment, revision -> (OpenedSession, Double?)? in
            let details = enrolment.patient.details
            let locale = details.locale ?? context.language
            let completing = CompleteEnrolment(
                act: act, enrolment: enrolment.id, revision: revision,
                patient: enrolment.patient.version,
                names: enrolment.names(
                    enrolment.typed.username, in: caller.practice, keys: keys),
                locale: locale, email: details.email ?? "", session: session,
                steps: caller.practice.policy.stepsLeft(
                    hasSuperPIN: false, hasPhoneOrApp: false))
            let telling = try TellRegistered(
                .accountCreated, of: .account(enrolment.accountID), to: details, locale: locale,
                act: act,
                by: SendCode.Sender(
                    caller: caller, network: context.patientNetwork, keys: keys,
                    ceilings: ceilings))
            let answered = try await database.transaction(
                of: act, rerunningOn: CompleteEnrolment.retryableConstraints
            ) { transaction in
                let answered = try await transaction.run(completing)
                if case .now(.completed) = answered, let telling {
                    try await transaction.run(telling)
                }
                return answered
            }
            switch try answered.unlessReused() {
            case .completed(let opened):
                if case .before(_, let secondsAgo) = answered { return (opened, secondsAgo) }
                dispatcher.nudge()
                return (opened, nil)
            case .unnamed, .overtaken: return nil
            }
        }
        return try await summary(
            context,
            tokens: try await tokens.first(
                for: opened, secondsAgo: secondsAgo, to: caller, database: database))
    }
}
