import Cryptography
import Foundation
import Postgres

/// Signing in on a device that the patient had remembered: the password, and no code.
extension LoginRoutes {
    /// Nil where a code is asked for all the same: the practice does not allow it, the device is not
    /// remembered (any more), or the patient has steps before them that need more than a password.
    func begin(
        _ candidate: AdmitLogin.Candidate, _ attempt: LoginAttempt, _ sender: SendCode.Sender,
        on token: Secret<String>, called device: String?
    ) async throws -> Answer? {
        let practice = sender.caller.practice
        let plan = candidate.plan(in: practice)
        guard candidate.policy(in: practice).rememberedDevice, plan.later.isEmpty else {
            return nil
        }
        let answered = try await database.run(
            StartRememberedLogin(
                act: attempt.act, account: candidate.accountID,
                sealedPassword: candidate.sealedPassword, loginID: SecureRandom.uuid(),
                steps: plan.steps.filter { $0 != .code }, tokenHash: DeviceToken.hash(token),
                session: NewSession(network: sender.network, keys: keys), device: device))
        return try await answer(
            answered.unlessReused(), secondsAgo: answered.secondsAgo, sender.caller)
    }

    /// - Parameter secondsAgo: since the same request was answered; nil for the first time.
    func answer(
        _ outcome: StartRememberedLogin.Outcome, secondsAgo: Double?, _ caller: Caller
    ) async throws -> Answer? {
        let isFirst = secondsAgo == nil
        switch outcome {
        case .notRemembered: return nil
        case .started(let id):
            if isFirst { metrics.count(.started) }
            return try await standing(id, isNew: true, caller)
        case .completed(let id, let session):
            if isFirst { metrics.count(.started) }
            return try await completed(id, session, secondsAgo: secondsAgo, isNew: true, caller)
        }
    }
}
