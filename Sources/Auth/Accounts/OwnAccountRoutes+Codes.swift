import Cryptography
import Foundation
import Postgres

// What the code that went to a new address brings about.
extension OwnAccountRoutes {
    func verify(
        _ kind: ContactChange.Kind, _ body: TypedCode, _ context: AuthRequestContext
    ) async throws -> Answer {
        let code: Code
        do {
            code = try Code(parsing: body.code)
        } catch {
            throw Problem(
                .codeMalformed, digitsFound: error.digitsFound, digitsExpected: Code.digitCount)
        }
        let patient = try await patients.patient(context, .finished)
        let act = try context.act(keys, for: patient)
        let answered = try await Race.settled {
            try await confirmContact(kind, code, patient, act, context)
        } overtaken: {
            if case .now(.refused(.overtaken)) = $0 { true } else { false }
        }
        switch try answered.unlessReused() {
        case .confirmed:
            if answered.isFirst {
                codeMetrics.count(.verified)
                dispatcher.nudge()
            }
            return try await answer(patient, context)
        case .taken: throw Problem(.addressTaken)
        case .refused(let refusal):
            throw try await RefusedGuess(database: database, keys: keys, metrics: codeMetrics)
                .problem(
                    refusal, typed: code, by: act, isFirst: answered.isFirst,
                    in: context.caller.practice, ended: .codeExpired)
        }
    }

    /// The guess and, where it is right, all that follows from it, in one commit.
    private func confirmContact(
        _ kind: ContactChange.Kind, _ code: Code, _ patient: SignedIn, _ act: Act,
        _ context: AuthRequestContext
    ) async throws -> Answered<ConfirmContact.Outcome> {
        let practice = try context.caller.practice
        let (account, session) = (patient.accountID, patient.session.sessionID)
        return try await database.transaction(
            of: act, rerunningOn: ConfirmContact.retryableConstraints
        ) { transaction in
            // What an address may name depends on rows that another change is about to write.
            if kind == .email { try await transaction.run(LockImports(practice: practice.id)) }
            try await transaction.hold(patient, in: practice)
            let found = try await transaction.run(
                FindContactChange(practice: practice.id, account: account, kind: kind))
            guard let found, found.session == session else { throw Problem(.codeUnknown) }
            let former = try await notices.addresses(
                of: account, in: practice, by: transaction)
            let answered = try await transaction.run(
                confirmation(of: found.change, code, account, session, act, practice))
            guard case .now(.confirmed) = answered else { return answered }
            try await transaction.endAccess(
                to: account, sparing: session, because: kind.end, act: act)
            try await notices.tell(
                .changed(kind.news(to: found.change.masked)), of: account, act: act, in: practice,
                former: former, by: transaction)
            return answered
        }
    }

    private func confirmation(
        of change: ContactChange, _ code: Code, _ account: UUID, _ session: UUID, _ act: Act,
        _ practice: Practice
    ) -> ConfirmContact {
        let identifier = change.kind == .email ? Identifier(typed: change.address) : nil
        return ConfirmContact(
            act: act, guess: GuessCode(code, flow: change.id, keys: keys), account: account,
            session: session, kind: change.kind,
            identifier: identifier.map {
                SealedIdentifier($0, of: account, practice: practice.id, keys: keys)
            },
            address: identifier == nil
                ? nil : EmailAddress(change.address)?.registered.lowercased())
    }
}
