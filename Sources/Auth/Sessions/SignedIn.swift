import Foundation
import Postgres

/// A patient on whose behalf a caller acts: the owner of a live session of that very client (Z-8, Z-9).
struct SignedIn: Sendable {
    let session: OpenedSession
    /// The language of their account.
    let locale: Language
    /// What they enrolled and can use.
    let factors: [Factor.Kind]
    /// Whether they have a super-PIN of their own.
    let hasSuperPIN: Bool
    /// How old, in seconds, the sign-in of a sensitive act may be; the session's practice says it, or a
    /// stricter one of the account.
    var maxAgeSeconds: Int
    /// How long, in seconds, a code of the session's practice is good for.
    var codeLifetimeSeconds = 0
    /// When the first of the sign-in's proofs was given, the password as a rule; nil where none has a time.
    var provenSince: Date?
    /// Whether a phone or an app is bound, one that was stopped too.
    var isBound = false
    /// Until when no sensitive act may rest on this sign-in, since a recovery rested on the same (Z-2).
    var waitsUntil: Date?

    var accountID: UUID { session.accountID }
    var hasPhoneOrApp: Bool { isBound || factors.contains { $0 != .email } }

    /// Whether the tokens are those that a new account was given.
    private var isNewAccount: Bool { session.proofs.contains { $0.method == .enrolment } }

    /// The surest sign-in that they are capable of.
    /// A phone or an app that was stopped counts: nobody gets below it by stopping it.
    var highest: Assurance.Level {
        max(factors.map { $0.proof.worth.level }.max() ?? .one, isBound ? .twoRestricted : .one)
    }

    /// Whether the sign-in is as sure as they are capable of, and rests on more than what stands in for a
    /// factor: a password alone, a remembered device or a recovery code carries no change (Z-3).
    private var isSure: Bool {
        session.assurance.level >= highest
            && session.proofs.contains { $0.method.worth.isFreshProof }
    }

    /// Whether each proof is as new as the practice asks: the last one, which `auth_time` names, and those
    /// before it. A code may take its lifetime to be read, and who waited for one has not aged meanwhile:
    /// else a slow message would have them sign in again for ever.
    private func isNew(_ now: Date) -> Bool {
        let first = provenSince ?? session.authenticatedAt
        return now.timeIntervalSince(session.authenticatedAt) <= Double(maxAgeSeconds)
            && now.timeIntervalSince(first) <= Double(maxAgeSeconds + codeLifetimeSeconds)
    }

    /// What an act asks of the sign-in that it rests on.
    enum Demand: Sendable {
        /// That there is one: who looks at the account.
        case alive
        /// That nothing is left to do, or this step: what belongs to it is open to whoever has it before
        /// them, and to a new account's tokens.
        case finishedOrAt(LoginPlan.Step)
        /// That nothing is left to do that the practice's policy demands (Z-5).
        case finished
        /// That it is finished, as new as the practice asks, and as sure as they can be (Z-3).
        case fresh
        /// The first phone or app, or the first super-PIN, for which a new account's tokens suffice and
        /// those of an unfinished sign-in are made; everything after it must be fresh.
        case first(LoginPlan.Step)

        fileprivate var isOfAge: Bool {
            switch self {
            case .alive, .finishedOrAt, .finished: false
            case .fresh, .first: true
            }
        }
    }

    /// - Throws: `session-unfinished`, `insufficient-user-authentication`, `recovery-waiting`.
    func demand(_ demand: Demand, now: Date) throws(Problem) {
        switch demand {
        case .alive: return
        case .finishedOrAt(let step):
            if !isNewAccount, !session.steps.contains(step) { try demandFinished() }
        case .finished: try demandFinished()
        case .fresh:
            try demandFinished()
            try demandFresh(now)
        case .first(let step):
            let has = step == .addFactor ? hasPhoneOrApp : hasSuperPIN
            if !has, isNewAccount || session.steps.contains(step) && isSure { return }
            if !session.steps.contains(step) { try demandFinished() }
            try demandFresh(now)
        }
    }

    private func demandFinished() throws(Problem) {
        guard session.steps.isEmpty else {
            throw Problem(.sessionUnfinished, steps: session.steps.map(\.rawValue))
        }
    }

    private func demandFresh(_ now: Date) throws(Problem) {
        if let waitsUntil { throw Problem(.recoveryWaiting, retryAt: waitsUntil) }
        guard isNew(now), isSure else {
            throw Problem(
                .insufficientUserAuthentication,
                stepUp: .init(level: highest, maxAge: maxAgeSeconds))
        }
    }
}

/// Finds the patient of a request by its access token.
struct PatientAuthenticator: Sendable {
    let database: Database
    let tokens: Tokens

    /// - Throws: `token-invalid`, and what ``SignedIn/demand(_:now:)`` throws.
    func patient(
        _ context: AuthRequestContext, _ demand: SignedIn.Demand
    ) async throws -> SignedIn {
        let caller = try context.caller
        guard let text = context.bearerToken,
            let claims = await tokens.verified(text, for: caller),
            let session = UUID(uuidString: claims.sid),
            let found = try await database.run(
                FindSignedIn(
                    practice: caller.practice.id, client: caller.clientID, session: session))
        else { throw Problem(.tokenInvalid) }
        let patient = demand.isOfAge ? try await strictly(found) : found
        try patient.demand(demand, now: tokens.now())
        return patient
    }

    /// The same by the strictest of the account's practices (Z-7).
    func strictly(_ patient: SignedIn) async throws -> SignedIn {
        let strictest = try await database.run(FindStrictestPolicy(account: patient.accountID))
        var patient = patient
        patient.maxAgeSeconds = min(patient.maxAgeSeconds, strictest.stepUpMaxAgeSeconds)
        return patient
    }
}
