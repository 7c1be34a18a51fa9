import Cryptography
import Foundation
import Postgres

// Proving something by the password, where a mailbox is what was lost.
extension RecoveryRoutes {
    /// - Throws: `step-out-of-order`, `proof-repeated`, `password-incorrect`, `password-throttled`.
    func show(password: Secret<String>, _ context: AuthRequestContext) async throws {
        let recovery = try await find(context)
        let act = try context.act(keys)
        let account = try owner(of: recovery, act)
        let isRight = try await ConfirmPassword(
            database: database, keys: keys, passwords: passwords
        ).isRight(
            password, of: account,
            in: .recovery(beside: RecoveryProof.firstOwn(in: recovery.countedProofs)?.class ?? ""),
            context)
        let answered = try await database.run(
            ShowRecoveryProof(
                act: act, recovery: recovery, shown: .password(of: account, isRight: isRight)))
        switch try answered.unlessReused() {
        case .shown: return
        case .wrong: throw Problem(.passwordIncorrect)
        case .repeated: throw Problem(.proofRepeated)
        case .ended: throw Problem(.recoveryEnded)
        }
    }

    /// Whose app or password may be tried: of somebody who has shown something of their own. Before that
    /// nothing is compared and nothing counted, so that no stranger stops the owner's app or makes the
    /// owner wait by guessing, and nobody's answer is everybody's (Z-20).
    func owner(of recovery: Recovery, _ act: Act) throws(Problem) -> UUID {
        // With a key the same request may have been answered before.
        if recovery.status != .open, act.key == nil || recovery.proofs.isEmpty {
            throw Problem(.recoveryEnded)
        }
        guard let account = recovery.accountID, RecoveryProof.isOwn(in: recovery.countedProofs)
        else { throw Problem(.stepOutOfOrder) }
        return account
    }
}
