import Cryptography
import Foundation
import Postgres

/// Makes a patient's customer number and activation PIN, the way from a request to what it answers.
struct IssueSuperPIN: Sendable {
    let database: Database
    let hasher: SuperPINHasher
    let ceilings: SendCeilings

    /// What the answer has, and nothing else ever again (Z-8).
    struct Made: Sendable {
        let holder: FindPINHolder.Holder
        let number: CustomerNumber
        let pin: SuperPIN
        let issued: IssueActivationPIN.Issued
        /// False where the answer to an earlier request is given again.
        let isFirst: Bool
    }

    private var keys: KeyRing { hasher.keys }
    /// Whoever races others looks anew; nobody loses three in a row.
    private static let attempts = 3

    /// - Throws: `not-found`, `idempotency-key-reused`, `idempotency-secret-gone`,
    ///   `super-pin-limit-reached`, `overloaded`; what ``PasswordHasher/hash(_:turn:)`` throws.
    func run(
        for externalID: ExternalID, way: ActivationPIN.Way, act: Act, by caller: Caller
    ) async throws -> Made {
        for _ in 0..<Self.attempts {
            let found = try await database.run(
                FindPINHolder(act: act, externalID: externalID))
            if let stored = found.stored { return try again(stored, found) }
            guard let holder = found.holder else { throw Problem(.notFound) }
            if let until = holder.againAt {
                throw Problem(.superPINLimitReached, retryAt: until)
            }
            let pin = SuperPIN.random()
            let answered = try await issue(pin, to: holder, way, act, caller)
            switch answered {
            case .now(.issued(let issued)):
                return try made(pin, issued, holder, isFirst: true)
            case .now(.unknown): throw Problem(.notFound)
            // Another request with this key was faster; its answer is found now.
            case .now(.raced), .before, .keyReused: continue
            }
        }
        throw Problem(.overloaded)
    }

    private func issue(
        _ pin: SuperPIN, to holder: FindPINHolder.Holder, _ way: ActivationPIN.Way, _ act: Act,
        _ caller: Caller
    ) async throws -> Answered<IssueActivationPIN.Outcome> {
        let practice = caller.practice
        let hash = try await hasher.sealed(
            pin, of: ActivationPIN.owner(patient: holder.patientID), practice: practice.id,
            // One place in the queue for each system, so that a pile of letters waits for nobody
            // who signs in and holds up nobody who does.
            turn: Turn(practice: practice.id, network: caller.clientID.bytes, kind: .unknown))
        let issuing = IssueActivationPIN(
            act: act, patientID: holder.patientID, hash: hash, way: way,
            sealed: secret(holder.patientID).sealed(pin.symbols, for: act),
            account: holder.account?.id,
            notice: try SuperPINNotice(to: holder.account, practice: practice.id, keys: keys))
        guard let telling = try telling(holder, act, caller) else {
            return try await database.run(issuing)
        }
        return try await database.transaction(
            of: act, rerunningOn: IssueActivationPIN.retryableConstraints
        ) { transaction in
            let answered = try await transaction.run(issuing)
            if case .now(.issued) = answered { try await transaction.run(telling) }
            return answered
        }
    }

    /// To the patient whose letter opens nothing any more, before there is an account whose contacts
    /// could be told; nil where no letter is void by it.
    private func telling(
        _ holder: FindPINHolder.Holder, _ act: Act, _ caller: Caller
    ) throws -> TellRegistered? {
        guard holder.account == nil, holder.hasPIN else { return nil }
        return try TellRegistered(
            .superPINReplaced, of: .patient(holder.patientID), to: holder.registered,
            locale: holder.locale ?? caller.practice.locale, act: act,
            by: SendCode.Sender(caller: caller, network: nil, keys: keys, ceilings: ceilings))
    }

    /// The same PIN again, for a minute and while it is good (Z-24).
    private func again(
        _ stored: Answered<IssueActivationPIN.Outcome>, _ found: FindPINHolder.Found
    ) throws -> Made {
        guard case .before(.issued(let issued), let secondsAgo) = stored else {
            throw Problem(.idempotencyKeyReused)
        }
        guard found.storedIsLive, let holder = found.holder,
            let symbols = secret(issued.patientID).opened(issued.sealed, secondsAgo: secondsAgo)
        else { throw Problem(.idempotencySecretGone) }
        return try made(try SuperPIN(typed: symbols.expose()), issued, holder, isFirst: false)
    }

    private func made(
        _ pin: SuperPIN, _ issued: IssueActivationPIN.Issued, _ holder: FindPINHolder.Holder,
        isFirst: Bool
    ) throws -> Made {
        Made(
            holder: holder, number: try CustomerNumber(typed: issued.customerNumber), pin: pin,
            issued: issued, isFirst: isFirst)
    }

    /// A patient's id is of one practice alone.
    private func secret(_ patient: UUID) -> AnswerSecret {
        AnswerSecret(kind: "super-pin", id: patient, keys: keys)
    }
}
