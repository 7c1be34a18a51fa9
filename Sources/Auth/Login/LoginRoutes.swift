import Cryptography
import Foundation
import HTTPTypes
import Metrics
import Postgres

/// Signing in: password, then a code, then tokens.
struct LoginRoutes: Sendable {
    let database: Database
    let keys: KeyRing
    let passwords: PasswordCheck
    let reviewer: PasswordReviewer
    let tokens: Tokens
    let dispatcher: Dispatcher
    let ceilings: SendCeilings
    let metrics: LoginMetrics
    let codeMetrics: CodeMetrics
    let notices: Notices
    let spray: SprayAlarm

    func add(to endpoints: Endpoints) {
        endpoints.post("/v1/logins", scope: .logins, body: Credentials.self, start)
        endpoints.get("/v1/logins/{id}", scope: .logins, read)
        endpoints.delete("/v1/logins/{id}", scope: .logins, abandon)
        endpoints.post(
            "/v1/logins/{id}/codes", scope: .logins, optionalBody: ChosenFactor.self, send)
        endpoints.post("/v1/logins/{id}/verify", scope: .logins, body: TypedCode.self, verify)
        endpoints.post(
            "/v1/logins/{id}/consents", scope: .logins, body: GivenConsents.self, accept)
        endpoints.post(
            "/v1/logins/{id}/password", scope: .logins, body: OwnPassword.self, changePassword)
    }

    struct Credentials: RequestBody {
        let identifier: String
        let password: Secret<String>
        let pass: Secret<String>?
        /// What the patient's device is called.
        let device: String?
        /// Of a device that the patient had remembered.
        let deviceToken: Secret<String>?
        /// How sure the sign-in is to be.
        let asked: AskedLevel

        /// Characters of such a name.
        static let longestDevice = 64

        init(_ fields: inout FieldReader) throws {
            identifier = fields.string("identifier", max: Identifier.longest, characters: .any)
            password = fields.secret("password", max: 512)
            pass = fields.optionalSecret("pass", max: SignInPass.longest)
            device = fields.optionalTrimmed("device", max: Self.longestDevice)
            deviceToken = fields.optionalSecret("device_token", max: DeviceToken.longest)
            asked = fields.askedLevel("acr_values")
        }
    }

    struct ChosenFactor: RequestBody {
        let factorID: UUID?

        init(_ fields: inout FieldReader) throws {
            factorID = fields.optionalID("factor_id")
        }
    }

    struct TypedCode: RequestBody {
        let code: String
        let factorID: UUID?

        init(_ fields: inout FieldReader) throws {
            // What is pasted may hold the sentence around the code (SC-6).
            code = fields.string("code", max: 200, min: 0, characters: .any)
            factorID = fields.optionalID("factor_id")
        }
    }
}

// MARK: - Password

extension LoginRoutes {
    @Sendable private func start(
        _ body: Credentials, _ context: AuthRequestContext
    ) async throws -> Answer {
        let caller = try context.caller
        let floor = passwords.floor
        let attempt = LoginAttempt(
            act: try context.act(keys), identifier: Identifier(typed: body.identifier),
            number: caller.practice.loginNumber(typed: body.identifier),
            network: context.patientNetwork, pass: body.pass, keys: keys)
        let answered = try await database.run(
            AdmitLogin(attempt: attempt, emailCodes: caller.practice.policy.emailCodes))
        let begun = try answered.unlessReused()
        if case .first(_, let pressure) = begun {
            spray.notice(pressure, practice: caller.practice.id, client: caller.clientID)
        }
        switch begun {
        case .refused: throw Problem(.loginRefused)
        case .started(let outcome): return try await answer(outcome, isFirst: false, caller)
        case .remembered(let outcome):
            guard let again = try await answer(outcome, secondsAgo: answered.secondsAgo, caller)
            else { throw Problem(.loginRefused) }
            return again
        case .first(.throttled(let until, let account), _):
            metrics.count(.throttled)
            try await refuse(attempt, account, RefuseLogin.throttled, lasting: false)
            // What is written differs for people and for nobody.
            try await floor.wait()
            throw Problem(.loginThrottled, retryAt: until)
        case .first(.refused(let candidate, let reason), _):
            try await comparing(attempt, nil) {
                try await passwords.pretend(
                    body.password, turn: attempt.turn(from: context.patientNetwork, to: nil))
            }
            try await refuse(attempt, candidate, reason, by: caller)
            try await floor.wait()
            throw Problem(.loginRefused)
        case .first(.admitted(let candidate), _):
            let right = try await comparing(attempt, candidate) {
                try await passwords.isRight(
                    body.password, for: candidate,
                    turn: attempt.turn(from: context.patientNetwork, to: candidate))
            }
            guard right, !candidate.disabled else {
                let reason = right ? "account-disabled" : "password-wrong"
                try await refuse(attempt, candidate, reason, by: caller)
                try await floor.wait()
                throw Problem(.loginRefused)
            }
            guard
                try await database.run(ForgiveFailures(attempt: attempt, candidate: candidate))
            else {
                try await refuse(attempt, candidate, "pass-used", by: caller)
                try await floor.wait()
                throw Problem(.loginRefused)
            }
            // A code whose login nobody was told of would only be a riddle in somebody's mailbox.
            guard !context.record.isAnswered else { throw CancellationError() }
            var admitted = try await upgraded(candidate, attempt, context.patientNetwork, body)
            admitted.strictest = try await database.run(
                FindStrictestPolicy(account: candidate.accountID))
            return try await begin(admitted, attempt, sender(caller, context), body)
        }
    }

    /// The candidate with our own hash of the password, where an earlier system made the one there was.
    private func upgraded(
        _ candidate: AdmitLogin.Candidate, _ attempt: LoginAttempt, _ network: [UInt8]?,
        _ body: Credentials
    ) async throws -> AdmitLogin.Candidate {
        let turn = attempt.turn(from: network, to: candidate)
        guard
            let ours = try await passwords.upgrade(body.password, of: candidate, turn: turn),
            let current = try await database.run(
                UpgradePassword(
                    account: candidate.accountID, compared: candidate.sealedPassword,
                    password: ours))
        else { return candidate }
        var upgraded = candidate
        upgraded.sealedPassword = current
        if current == ours.bytes { return upgraded }
        // Another request changed it meanwhile: what is there now is compared anew.
        let isRight = try await passwords.isRight(body.password, for: upgraded, turn: turn)
        return isRight ? upgraded : candidate
    }

    /// A failure, which may be the one after which the account's owner is mailed a pass.
    private func refuse(
        _ attempt: LoginAttempt, _ candidate: AdmitLogin.Candidate?, _ reason: String,
        by caller: Caller
    ) async throws {
        let pass = try candidate.flatMap { try SendPass(to: $0, by: caller, keys: keys) }
        try await refuse(attempt, candidate?.accountID, reason, pass: pass)
        metrics.count(.refused)
        if pass != nil { dispatcher.nudge() }
    }

    private func refuse(
        _ attempt: LoginAttempt, _ account: UUID?, _ reason: String, lasting: Bool = true,
        pass: SendPass? = nil
    ) async throws {
        _ = try await database.run(
            RefuseLogin(
                attempt: attempt, account: account, reason: reason, lasting: lasting,
                slice: spray.slice, pass: pass)
        ).unlessReused()
    }

    func sender(_ caller: Caller, _ context: AuthRequestContext) -> SendCode.Sender {
        SendCode.Sender(
            caller: caller, network: context.patientNetwork, keys: keys, ceilings: ceilings)
    }

    /// Why a sign-in without a factor does not reach the level asked for; nil where it does. A phone or an
    /// app that was stopped is what the acts ask for that led here, and a code on paper is new enough for
    /// none of them: a recovery replaces it.
    private func problem(
        of candidate: AdmitLogin.Candidate, _ asked: AskedLevel, _ practice: Practice
    ) -> Problem? {
        if asked.isAny { return nil }
        if candidate.isBound, !candidate.factors.contains(where: { $0.type != .email }) {
            return Problem(.factorUnavailable)
        }
        if candidate.hasRecoveryCodes, asked.isReached(by: .recoveryCode) { return nil }
        return Problem(
            .unmetAuthenticationRequirements,
            factorTypes: asked.factorTypes.filter { $0 != .sms || practice.policy.sendsSMS })
    }

    private func begin(
        _ candidate: AdmitLogin.Candidate, _ attempt: LoginAttempt, _ sender: SendCode.Sender,
        _ body: Credentials
    ) async throws -> Answer {
        let practice = sender.caller.practice
        let factors = candidate.factors.filter { $0.isUsable(in: practice) }
        guard !factors.isEmpty || candidate.hasRecoveryCodes else {
            try await refuse(attempt, candidate.accountID, "factor-unavailable", lasting: false)
            throw Problem(.factorUnavailable)
        }
        let factor = body.asked.best(of: factors)
        if factor == nil, let problem = problem(of: candidate, body.asked, practice) {
            try await refuse(attempt, candidate.accountID, "level-out-of-reach", lasting: false)
            throw problem
        }
        // A device stands in for a factor, and reaches no level that somebody asks for (Z-3).
        if body.asked.isAny, let token = body.deviceToken,
            let remembered = try await begin(
                candidate, attempt, sender, on: token, called: body.device)
        {
            return remembered
        }
        let loginID = SecureRandom.uuid()
        let answered = try await Race.settled {
            guard let factor, let destination = factor.destination(in: practice) else {
                return try await database.run(
                    StartCodelessLogin(
                        act: attempt.act, account: candidate.accountID,
                        sealedPassword: candidate.sealedPassword, loginID: loginID,
                        plan: candidate.plan(in: practice), factorID: factor?.id,
                        device: body.device))
            }
            return try await database.run(
                StartLogin(
                    act: attempt.act, account: candidate.accountID,
                    sealedPassword: candidate.sealedPassword, loginID: loginID,
                    plan: candidate.plan(in: practice),
                    code: SendCode(
                        to: destination, flow: loginID,
                        kind: .init(
                            lifetime: practice.policy.codeLifetimeSeconds, factorID: factor.id),
                        locale: candidate.locale, by: sender),
                    device: body.device))
        } overtaken: {
            if case .now(.overtaken) = $0 { true } else { false }
        }
        return try await answer(
            answered.unlessReused(), isFirst: answered.isFirst, sender.caller)
    }

    private func answer(
        _ outcome: StartLogin.Outcome, isFirst: Bool, _ caller: Caller
    ) async throws -> Answer {
        switch outcome {
        case .started(let id, let expiresAt, let code):
            if isFirst {
                metrics.count(.started)
                if code != nil { codeMetrics.count(.sent) }
                dispatcher.nudge()
            }
            guard let login = try await find(id, caller) else { throw Problem(.notFound) }
            let body = Login.Body(
                id: id, status: .open, plan: login.plan, left: login.plan, expiresAt: expiresAt,
                factors: login.factors, code: code?.body(in: caller.practice))
            return try .created(body, at: "/v1/logins/\(id.text)")
        case .refused(let refusal):
            codeMetrics.count(refusal, in: caller.practice)
            throw refusal.problem
        case .overtaken: throw Problem(.overloaded)
        }
    }

    func find(_ id: UUID, _ caller: Caller) async throws -> Login? {
        try await database.run(
            FindLogin(practice: caller.practice, client: caller.clientID, loginID: id))
    }
}

// MARK: - Code

extension LoginRoutes {
    @Sendable private func read(_ context: AuthRequestContext) async throws -> Answer {
        let caller = try context.caller
        guard let login = try await find(try context.id("id"), caller) else {
            throw Problem(.notFound)
        }
        return try .json(login.body(in: caller.practice, language: context.language))
    }

    @Sendable private func abandon(_ context: AuthRequestContext) async throws -> Answer {
        let outcome = try await database.run(
            AbandonLogin(act: try context.act(keys), loginID: try context.id("id")))
        switch outcome {
        case .abandoned: return .noContent
        case .unknown: throw Problem(.notFound)
        }
    }
}
