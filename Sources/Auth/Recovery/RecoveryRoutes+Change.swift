import Cryptography
import Foundation
import Postgres

// The one change that a recovery makes: a new password, a lost factor gone, another mailbox in the place of
// a lost one, or a number for who has nothing left to lose (Z-2, S8, S10).
extension RecoveryRoutes {
    struct NewPassword: RequestBody {
        let password: Secret<String>

        init(_ fields: inout FieldReader) throws {
            password = fields.secret("password", max: PasswordRoutes.ChosenPassword.longest)
        }
    }

    struct LostFactor: RequestBody {
        /// Nil where there is none: a number comes to an account that has nothing to sign in with.
        let factorID: UUID?

        init(_ fields: inout FieldReader) throws {
            factorID = fields.optionalID("factor_id")
        }
    }

    @Sendable func changePassword(
        _ body: NewPassword, _ context: AuthRequestContext
    ) async throws -> Answer {
        let practice = try context.caller.practice
        let recovery = try await find(context)
        try demandDue(recovery, .password, context)
        try await reviewer.demandAcceptable(
            body.password, of: passwordOwner(of: recovery, in: practice), in: practice)
        let phc = try await passwords.hasher.hash(
            body.password.passwordBytes, turn: turn(context, recovery.subjectID))
        return try await finish(recovery, context) { account in
            .password(.seal(phc, account: account, keys: keys))
        }
    }

    /// What is known of whoever chooses a password, as in a signed-in account.
    private func passwordOwner(
        of recovery: Recovery, in practice: Practice
    ) async throws -> PasswordOwner {
        guard let account = recovery.accountID,
            let found = try await database.run(
                FindOwnAccount(practice: practice.id, account: account, session: recovery.id))
        else { return PasswordOwner(practiceName: practice.name) }
        return try found.owner(in: practice, keys: keys)
    }

    @Sendable func changeFactor(
        _ body: LostFactor, _ context: AuthRequestContext
    ) async throws -> Answer {
        let recovery = try await find(context)
        let lost = recovery.ways.first { $0.id == body.factorID }?.factor
        try demandDue(recovery, lost?.loss ?? .factor, context)
        guard let lostID = body.factorID, lost?.loss == .mailbox else {
            return try await finish(recovery, context) { _ in .factor(body.factorID) }
        }
        // Without a mailbox nobody is told of anything: the new one comes first.
        guard let address = recovery.newMailbox else { throw Problem(.stepOutOfOrder) }
        let practice = try context.caller.practice.id
        return try await finish(recovery, context) { account in
            let identifier = SealedIdentifier(
                Identifier(typed: address), of: account, practice: practice, keys: keys)
            return .mailbox(
                lostID,
                by: .init(
                    address: EmailAddress(address)?.registered ?? address,
                    identifier: identifier))
        }
    }

    /// Before two proofs it is one answer for somebody and nobody. With an `Idempotency-Key` the
    /// statement is asked in any case: it may have made this very change.
    private func demandDue(
        _ recovery: Recovery, _ loss: RecoveryProof.Loss, _ context: AuthRequestContext
    ) throws(Problem) {
        if context.idempotencyKey != nil, recovery.accountID != nil,
            recovery.verdict(for: .mailbox) != .insufficient
        {
            return
        }
        guard recovery.status == .open else { throw Problem(.recoveryEnded) }
        if recovery.verdict(for: loss) == .insufficient { throw Problem(.stepOutOfOrder) }
    }

    /// In one commit: the change, the end of all that was signed in, and a notice to each address.
    private func finish(
        _ recovery: Recovery, _ context: AuthRequestContext,
        _ change: (UUID) -> FinishRecovery.Change
    ) async throws -> Answer {
        let practice = try context.caller.practice
        let act = try context.act(keys)
        guard let account = recovery.accountID else { throw Problem(.recoveryEnded) }
        let change = change(account)
        let statement = FinishRecovery(
            act: act, recovery: recovery, change: change,
            emailCodes: practice.policy.emailCodes)
        let answered = try await database.transaction(
            of: act, rerunningOn: FinishRecovery.retryableConstraints
        ) { transaction in
            // What an address may name depends on rows that another change is about to write.
            if change.newMailbox != nil {
                try await transaction.run(LockImports(practice: practice.id))
            }
            try await transaction.run(LockAccount(practice: practice.id, account: account))
            var former = try await notices.addresses(
                of: account, in: practice, by: transaction)
            let answered = try await transaction.run(statement)
            guard case .now(.changed(let tellsFormer, let liftsFreeze)) = answered else {
                return answered
            }
            try await transaction.endAccess(
                to: account, sparing: nil, because: .recovered, act: act, recovery: recovery.id)
            if liftsFreeze { try await transaction.run(EndFreezeCodes(account: account)) }
            if !tellsFormer {
                former?.mailboxes = []
                former?.formerMailboxes = []
            }
            try await notices.tell(
                .changed(change.news), of: account, act: act, in: practice, former: former,
                by: transaction)
            return answered
        }
        switch try answered.unlessReused() {
        case .changed:
            if answered.isFirst {
                dispatcher.nudge()
                if case .password = change {
                    // The change is made; a wait that stays is no reason to say that it is not.
                    try? await ForgetWaits(database: database, keys: keys)(
                        of: account, at: practice.id, from: context.patientNetwork)
                }
            }
            return try await standing(context)
        case .refused(let kind): throw Problem(kind)
        case .waiting(let until): throw Problem(.recoveryWaiting, retryAt: until)
        }
    }
}

extension FinishRecovery.Change {
    /// As the owner is told it.
    fileprivate var news: AccountChange {
        switch self {
        case .password, .factor: .recovered
        case .mailbox(_, let new): .emailChanged(to: MaskedDestination.email(new.address))
        }
    }
}
