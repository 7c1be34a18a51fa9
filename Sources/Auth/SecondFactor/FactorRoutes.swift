import Cryptography
import Foundation
import HTTPTypes
import Postgres

/// The second factors of a signed-in patient (AC-6, AC-7, NO-2).
struct FactorRoutes: Sendable {
    let database: Database
    let keys: KeyRing
    let tokens: Tokens
    let confirmPassword: ConfirmPassword
    let dispatcher: Dispatcher
    let ceilings: SendCeilings
    let metrics: CodeMetrics
    let notices: Notices

    func add(to endpoints: Endpoints) {
        endpoints.get("/v1/account/factors", scope: .logins, list)
        endpoints.post("/v1/account/factors", scope: .logins, body: NewFactor.self, enrol)
        endpoints.post("/v1/account/factors/{id}/codes", scope: .logins, sendAgain)
        endpoints.post(
            "/v1/account/factors/{id}/activate", scope: .logins, body: ProvenFactor.self, activate)
        endpoints.delete("/v1/account/factors/{id}", scope: .logins, remove)
        endpoints.post("/v1/account/recovery-codes", scope: .logins, makeRecoveryCodes)
    }

    struct NewFactor: RequestBody {
        let type: Factor.Kind
        let countryCode: String?
        /// As typed.
        let number: String?
        /// Instead of a number: the one that the register has.
        let isRegistered: Bool

        init(_ fields: inout FieldReader) throws {
            type = try fields.choice("type")
            countryCode = fields.optionalString("country_code", max: 8)
            let namesNumber = fields.peek("number") != nil
            number = fields.optionalString("number", max: 64)
            let isRegistered = fields.optionalBool("from_register")
            self.isRegistered = isRegistered ?? false
            if type == .sms, !namesNumber, isRegistered != true {
                fields.refuse("number", .required)
            }
            if number != nil, type != .sms || self.isRegistered {
                fields.refuse("number", .notAllowed)
            }
            if countryCode != nil, number == nil { fields.refuse("country_code", .notAllowed) }
            if isRegistered != nil, type != .sms { fields.refuse("from_register", .notAllowed) }
        }
    }

    struct ProvenFactor: RequestBody {
        let code: String
        let password: Secret<String>

        init(_ fields: inout FieldReader) throws {
            code = fields.string("code", max: 200, min: 0, characters: .any)
            password = fields.secret("password", max: 512)
        }
    }

    func patient(
        _ context: AuthRequestContext, _ demand: SignedIn.Demand
    ) async throws -> SignedIn {
        try await PatientAuthenticator(database: database, tokens: tokens)
            .patient(context, demand)
    }

    func find(_ patient: SignedIn, _ context: AuthRequestContext) async throws -> AccountFactors {
        try await database.run(
            FindFactors(practice: try context.caller.practice.id, account: patient.accountID))
    }

    func change(_ patient: SignedIn, _ act: Act, _ context: AuthRequestContext) throws
        -> FactorChange
    {
        FactorChange(
            database: database, notices: notices, practice: try context.caller.practice,
            account: patient.accountID, session: patient.session.sessionID, act: act)
    }
}

// MARK: - List

extension FactorRoutes {
    @Sendable private func list(_ context: AuthRequestContext) async throws -> Answer {
        let patient = try await patient(context, .finishedOrAt(.addFactor))
        let found = try await find(patient, context)
        let practice = try context.caller.practice
        var sent: [FindSentCodes.Sent] = []
        if found.all.contains(where: { $0.status == .pending }) {
            sent = try await database.run(
                FindSentCodes(
                    practice: practice.id, account: patient.accountID, purposes: [.factor]))
        }
        return try .json(
            FactorList(found, in: practice) { id in
                sent.first { $0.factorID == id }?.code
                    .body(in: practice, language: context.language)
            })
    }
}

/// What `GET /v1/account/factors` answers.
struct FactorList: Encodable, Sendable {
    let data: [EnrolledFactor.Body]
    /// What can be enrolled, and never what can't.
    let offers: [Offer]
    let recoveryCodesLeft: Int
    /// What an SMS costs the patient (NO-4).
    let smsPriceNote: String?

    struct Offer: Encodable, Sendable {
        let type: String
        /// Masked, where it needn't be typed.
        let destination: String?
        let fromRegister: Bool?

        init(_ type: Factor.Kind, destination: String? = nil, fromRegister: Bool? = nil) {
            self.type = type.rawValue
            self.destination = destination
            self.fromRegister = fromRegister
        }
    }

    /// - Parameter code: the newest that went to a pending factor.
    init(
        _ found: AccountFactors, in practice: Practice, code: (UUID) -> SentCode.Body?
    ) {
        data = found.all.map { $0.body(code: $0.status == .pending ? code($0.id) : nil) }
        var offers: [Offer] = []
        if practice.policy.sendsSMS {
            if let number = found.registeredNumber(in: practice) {
                offers.append(Offer(.sms, destination: number.masked, fromRegister: true))
            }
            if !found.firstIsRegistered { offers.append(Offer(.sms)) }
        }
        if !found.firstIsRegistered { offers.append(Offer(.totp)) }
        if let mailbox = found.addableMailbox(in: practice) {
            offers.append(Offer(.email, destination: mailbox.1.masked))
        }
        self.offers = offers
        recoveryCodesLeft = found.recoveryCodesLeft
        smsPriceNote = practice.smsPriceNote
    }
}

// MARK: - Activate, remove

extension FactorRoutes {
    /// The password first: a right code is used up by its own check.
    @Sendable private func activate(
        _ body: ProvenFactor, _ context: AuthRequestContext
    ) async throws -> Answer {
        let code = try Code(typed: body.code)
        let patient = try await patient(context, .finishedOrAt(.addFactor))
        let id = try context.id("id", orElse: .factorUnknown)
        let factor = try await find(patient, context).factor(id)
        // One that is active already only says so, which nobody needs to prove anything for.
        if factor.status == .pending {
            try patient.demand(.first(.addFactor), now: tokens.now())
            try await confirmPassword(body.password, of: patient, context)
        }
        let act = try context.act(keys, for: patient)
        switch factor.factor.type {
        case .sms, .email: try await activate(factor, by: code, patient, act, context)
        case .totp: try await activateApp(factor, by: code, patient, act, context)
        }
        dispatcher.nudge()
        return try .json(try await find(patient, context).factor(id).body())
    }

    private func activate(
        _ factor: EnrolledFactor, by code: Code, _ patient: SignedIn, _ act: Act,
        _ context: AuthRequestContext
    ) async throws {
        let change = try change(patient, act, context)
        let answered = try await Race.settled {
            try await change.run(
                ActivateFactor(
                    act: act, guess: GuessCode(code, flow: factor.id, keys: keys),
                    account: patient.accountID, session: patient.session.sessionID)
            ) {
                if case .now(.activated(let type)) = $0 { .factorAdded(type) } else { nil }
            }
        } overtaken: {
            if case .now(.refused(.overtaken)) = $0 { true } else { false }
        }
        switch try answered.unlessReused() {
        case .activated: if answered.isFirst { metrics.count(.verified) }
        case .refused(.unknown): throw Problem(.factorUnknown)
        case .refused(let refusal):
            throw try await RefusedGuess(database: database, keys: keys, metrics: metrics)
                .problem(
                    refusal, typed: code, by: act, isFirst: answered.isFirst,
                    in: try context.caller.practice, ended: .factorUnknown)
        }
    }

    private func activateApp(
        _ factor: EnrolledFactor, by code: Code, _ patient: SignedIn, _ act: Act,
        _ context: AuthRequestContext
    ) async throws {
        let change = try change(patient, act, context)
        let answered = try await Race.settled {
            let found = try await find(patient, context)
            let now = try found.factor(factor.id)
            guard let app = try now.app(of: patient.accountID, keys: keys) else {
                throw Problem(.factorUnknown)
            }
            let verdict = app.verdict(on: code, at: found.now, lastStep: now.lastStep)
            return try await change.run(
                ActivateApp(
                    act: act, account: patient.accountID, session: patient.session.sessionID,
                    guess: AppGuess(factorID: factor.id, verdict: verdict))
            ) { if case .now(.activated) = $0 { .factorAdded(.totp) } else { nil } }
        } overtaken: {
            if case .now(.refused(.overtaken)) = $0 { true } else { false }
        }
        switch try answered.unlessReused() {
        case .activated: if answered.isFirst { metrics.count(.verified) }
        case .refused(let refusal):
            metrics.count(refusal)
            throw refusal.problem(ended: .factorUnknown)
        }
    }

    @Sendable private func remove(_ context: AuthRequestContext) async throws -> Answer {
        let patient = try await patient(context, .finishedOrAt(.addFactor))
        let id = try context.id("id", orElse: .factorUnknown)
        let factor = try await find(patient, context).factor(id)
        try patient.demand(
            factor.status == .pending ? .first(.addFactor) : .fresh, now: tokens.now())
        let act = try context.act(keys)
        let strictest = try await database.run(FindStrictestPolicy(account: patient.accountID))
        let removal = RemoveFactor(
            act: act, account: patient.accountID, factorID: id,
            policy: try context.caller.practice.policy.tightened(by: strictest))
        let outcome = try await change(patient, act, context).run(removal) { outcome in
            guard case .removed(let type, wasPending: false) = outcome else { return nil }
            return .factorRemoved(type)
        }
        dispatcher.nudge()
        switch outcome {
        case .removed: return .noContent
        case .required: throw Problem(.factorRequired)
        case .unknown: throw Problem(.factorUnknown)
        }
    }
}

extension Code {
    /// What a patient typed as a code of six digits; throws `code-malformed`.
    init(typed text: String) throws(Problem) {
        do {
            try self.init(parsing: text)
        } catch {
            throw Problem(
                .codeMalformed, digitsFound: error.digitsFound, digitsExpected: Code.digitCount)
        }
    }
}

extension CodeMetrics {
    func count(_ refusal: ProofRefusal) {
        switch refusal {
        case .incorrect, .skewed: count(.incorrect)
        case .exhausted: count(.exhausted)
        case .used, .gone, .ended, .unknown, .overtaken: break
        }
    }
}
