import Foundation
import Postgres

// Proving something by the code of an authenticator app, which nobody sends.
extension RecoveryRoutes {
    /// It is taken once something else was proved.
    func show(app text: String, _ context: AuthRequestContext) async throws {
        let recovery = try await find(context)
        let code = try Code(typed: text)
        let act = try context.act(keys)
        let account = try owner(of: recovery, act)
        let practice = try context.caller.practice
        let change = FactorChange(
            database: database, notices: notices, practice: practice, account: account, act: act)
        let answered = try await Race.settled {
            let found = try await database.run(
                FindFactors(practice: practice.id, account: account))
            guard let app = found.usedApp, let secret = try app.app(of: account, keys: keys)
            else { throw Problem(.factorUnavailable) }
            var verdict = secret.verdict(on: code, at: found.now, lastStep: app.lastStep)
            // Only who knows the password hears that a guess fits another time.
            if verdict == .skewed, !recovery.proofs.contains(where: { $0.method == .password }) {
                verdict = .incorrect
            }
            return try await change.run(
                ProveApp(
                    act: act, recovery: recovery,
                    guess: AppGuess(factorID: app.id, verdict: verdict))
            ) {
                if case .now(let outcome) = $0, outcome.stopsTheApp { .appDisabled } else { nil }
            }
        } overtaken: {
            if case .now(.refused(.overtaken)) = $0 { true } else { false }
        }
        let outcome = try answered.unlessReused()
        if answered.isFirst, outcome.stopsTheApp { dispatcher.nudge() }
        switch outcome {
        case .shown: if answered.isFirst { codeMetrics.count(.verified) }
        case .repeated: throw Problem(.proofRepeated)
        case .refused(.gone): throw Problem(.factorUnavailable)
        case .refused(let refusal):
            codeMetrics.count(refusal)
            throw refusal.problem(ended: .recoveryEnded)
        }
    }
}

extension AccountFactors {
    /// The app that was used last, of several: that is the one at hand. A stopped one proves nothing.
    fileprivate var usedApp: EnrolledFactor? {
        all.filter { $0.factor.type == .totp && $0.status == .active }
            .max { ($0.lastUsedAt ?? $0.createdAt) < ($1.lastUsedAt ?? $1.createdAt) }
    }
}
