import Cryptography
import Foundation
import HTTPTypes
import Postgres

/// The step `code` of a login: by which factor, and whether what was typed is right.
extension LoginRoutes {
    @Sendable func send(
        _ body: ChosenFactor, _ context: AuthRequestContext
    ) async throws -> Answer {
        let caller = try context.caller
        let act = try context.act(keys)
        let id = try context.id("id")
        let answered = try await Race.settled {
            let login = try await waiting(id, caller)
            let wanted = body.factorID ?? login.factorID
            guard let factor = login.factors.first(where: { $0.id == wanted }) else {
                throw Problem(body.factorID == nil ? .factorUnavailable : .factorUnknown)
            }
            if factor.type.channel == nil { return Chosen.app(try await choose(factor, id, act)) }
            guard let destination = factor.destination(in: caller.practice) else {
                throw Problem(body.factorID == nil ? .factorUnavailable : .factorUnknown)
            }
            return .code(
                try await database.run(
                    ResendCode(
                        act: act, loginID: id, account: login.accountID,
                        knownCodeID: login.code?.id,
                        code: SendCode(
                            to: destination, flow: id,
                            kind: .init(
                                lifetime: caller.practice.policy.codeLifetimeSeconds,
                                factorID: factor.id),
                            locale: login.locale, by: sender(caller, context)))))
        } overtaken: {
            if case .code(.now(.overtaken)) = $0 { true } else { false }
        }
        switch answered {
        case .app(let app): return try .json(app)
        case .code(let answered): return try sent(answered, caller)
        }
    }

    /// What became of the wish for a code.
    private enum Chosen {
        case code(Answered<ResendCode.Outcome>)
        case app(ChosenApp)
    }

    /// Nothing was sent: the code is in the app.
    private struct ChosenApp: Encodable {
        let factorID: UUID
        let channel: String

        enum CodingKeys: String, CodingKey {
            case factorID = "factorId"
            case channel
        }
    }

    /// A login that waits for a code, or did until it was abandoned; a statement decides again.
    private func waiting(_ id: UUID, _ caller: Caller) async throws -> Login {
        guard let login = try await find(id, caller) else { throw Problem(.notFound) }
        if let newest = login.newest, login.status != .done {
            throw newest.problem(in: caller.practice)
        }
        guard login.status != .open || login.stepsLeft.first == .code else {
            throw Problem(.stepOutOfOrder)
        }
        return login
    }

    private func choose(_ factor: Factor, _ id: UUID, _ act: Act) async throws -> ChosenApp {
        guard try await database.run(ChooseApp(act: act, loginID: id, factorID: factor.id)) else {
            throw Problem(.loginEnded)
        }
        return ChosenApp(factorID: factor.id, channel: factor.type.rawValue)
    }

    private func sent(
        _ answered: Answered<ResendCode.Outcome>, _ caller: Caller
    ) throws -> Answer {
        switch try answered.unlessReused() {
        case .sent(let code):
            if answered.isFirst {
                codeMetrics.count(.sent)
                dispatcher.nudge()
            }
            return try .json(code.body(in: caller.practice), status: .created)
        case .refused(let refusal):
            codeMetrics.count(refusal, in: caller.practice)
            throw refusal.problem
        case .tooSoon(let until): throw Problem(.resendTooSoon, retryAt: until)
        case .ended, .overtaken: throw Problem(.loginEnded)
        }
    }
}

// MARK: - Verify

extension LoginRoutes {
    /// A recovery code shows itself; six digits are the chosen factor's.
    @Sendable func verify(
        _ body: TypedCode, _ context: AuthRequestContext
    ) async throws -> Answer {
        let caller = try context.caller
        let id = try context.id("id", orElse: .codeUnknown)
        if body.factorID == nil, let code = RecoveryCode(typed: body.code) {
            return try await verify(code, id, context)
        }
        let code = try Code(typed: body.code)
        if let chosen = body.factorID {
            guard let login = try await find(id, caller) else { throw Problem(.codeUnknown) }
            if let app = login.factors.first(where: { $0.id == chosen && $0.type == .totp }) {
                return try await verify(code, of: app, login, context)
            }
            guard login.codeFactorID == chosen else { throw Problem(.factorUnknown) }
        }
        return try await verifySent(code, id, wasSent: body.factorID != nil, context)
    }

    private func verifySent(
        _ code: Code, _ id: UUID, wasSent: Bool, _ context: AuthRequestContext
    ) async throws -> Answer {
        let caller = try context.caller
        let act = try context.act(keys)
        let session = newSession(context)
        let answered = try await Race.settled {
            try await database.run(
                VerifyCode(
                    act: act, guess: GuessCode(code, flow: id, keys: keys), session: session,
                    wasSent: wasSent))
        } overtaken: {
            if case .now(.refused(.overtaken)) = $0 { true } else { false }
        }
        switch try answered.unlessReused() {
        case .accepted(let session):
            if answered.isFirst { codeMetrics.count(.verified) }
            return try await went(on: session, id, secondsAgo: answered.secondsAgo, caller)
        case .refused(.unknown) where !wasSent:
            // Only here does it cost a second statement that an app was chosen.
            guard let login = try await find(id, caller) else { throw Problem(.codeUnknown) }
            guard let app = login.app else { throw Problem(.factorUnavailable) }
            return try await verify(code, of: app, login, context)
        case .refused(let refusal):
            let problem = try await RefusedGuess(
                database: database, keys: keys, metrics: codeMetrics
            ).problem(
                refusal, typed: code, by: act, isFirst: answered.isFirst, in: caller.practice,
                ended: .loginEnded)
            if answered.isFirst, case .incorrect(let left, let guess) = refusal, left <= 0 {
                try await tellStopped(guess, act, caller.practice)
            }
            throw problem
        }
    }

    /// What bears no more wrong codes was stopped by this one, unless it was given back: its owner hears of
    /// it, as of an app.
    private func tellStopped(_ guess: WrongGuess, _ act: Act, _ practice: Practice) async throws {
        let stopped = try await database.run(
            FindStoppedWay(practice: practice.id, account: guess.subjectID, code: guess.codeID))
        guard let stopped else { return }
        _ = try await database.transaction { transaction in
            try await notices.tell(
                .changed(.wayStopped(stopped)), of: guess.subjectID, act: act, in: practice,
                by: transaction)
        }
        dispatcher.nudge()
    }

    private func verify(
        _ code: Code, of app: Factor, _ login: Login, _ context: AuthRequestContext
    ) async throws -> Answer {
        let practice = try context.caller.practice.id
        let session = newSession(context)
        let act = try context.act(keys)
        return try await prove(login, act, context) {
            let found = try await database.run(
                FindFactors(practice: practice, account: login.accountID))
            let now = try found.factor(app.id)
            guard let secret = try now.app(of: login.accountID, keys: keys) else {
                throw Problem(.factorUnknown)
            }
            return VerifyApp(
                act: act, loginID: login.id, session: session,
                guess: AppGuess(
                    factorID: app.id,
                    verdict: secret.verdict(on: code, at: found.now, lastStep: now.lastStep)))
        }
    }

    private func verify(
        _ code: RecoveryCode, _ id: UUID, _ context: AuthRequestContext
    ) async throws -> Answer {
        guard let login = try await find(id, try context.caller) else {
            throw Problem(.codeUnknown)
        }
        let proof = VerifyRecoveryCode(
            act: try context.act(keys), loginID: id, session: newSession(context),
            hashes: code.hashes(account: login.accountID, keys: keys))
        return try await prove(login, proof.act, context) { proof }
    }

    /// Tries what was not sent; the account's mailboxes hear of a recovery code that was used, and of an
    /// app that was stopped by it.
    private func prove<P: LoginProof>(
        _ login: Login, _ act: Act, _ context: AuthRequestContext,
        _ proof: @Sendable () async throws -> P
    ) async throws -> Answer {
        let caller = try context.caller
        if let newest = login.newest, login.status != .done {
            throw newest.problem(in: caller.practice)
        }
        let change = FactorChange(
            database: database, notices: notices, practice: caller.practice,
            account: login.accountID, act: act)
        let answered = try await Race.settled {
            try await change.run(try await proof()) { output in
                guard case .now(let outcome) = output else { return nil }
                return outcome.news
            }
        } overtaken: {
            if case .now(.refused(.overtaken)) = $0 { true } else { false }
        }
        switch try answered.unlessReused() {
        case .accepted(let session, let codesLeft):
            if answered.isFirst {
                codeMetrics.count(.verified)
                dispatcher.nudge()
            }
            return try await went(
                on: session, login.id, secondsAgo: answered.secondsAgo,
                recoveryCodesLeft: codesLeft, caller)
        case .refused(let refusal):
            codeMetrics.count(refusal)
            if refusal.stopsTheApp { dispatcher.nudge() }
            throw refusal.problem(ended: .loginEnded)
        }
    }

    /// The step `code` is done: the tokens, or what comes next.
    private func went(
        on session: OpenedSession?, _ id: UUID, secondsAgo: Double?,
        recoveryCodesLeft: Int? = nil, _ caller: Caller
    ) async throws -> Answer {
        guard let session else {
            return try await standing(id, recoveryCodesLeft: recoveryCodesLeft, caller)
        }
        return try await completed(
            id, session, secondsAgo: secondsAgo, recoveryCodesLeft: recoveryCodesLeft, caller)
    }
}

extension LoginProofOutcome {
    /// What the account's owner is told of a try, if anything.
    fileprivate var news: AccountChange? {
        switch self {
        case .accepted(_, let codesLeft): codesLeft.map { .recoveryCodeUsed(left: $0) }
        case .refused(let refusal): refusal.stopsTheApp ? .appDisabled : nil
        }
    }
}

extension Answered {
    /// How long ago the same request was answered; nil for the first time.
    var secondsAgo: Double? { if case .before(_, let seconds) = self { seconds } else { nil } }
}
