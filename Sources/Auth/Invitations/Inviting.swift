import Cryptography
import Foundation
import Postgres

/// Invites patients of a caller's practice, one at a time; the same for one and for many.
struct Inviting: Sendable {
    let database: Database
    let keys: KeyRing
    let dispatcher: Dispatcher
    let ceilings: SendCeilings

    /// An entry that is changed meanwhile is read anew; nobody loses three in a row.
    static let attempts = 3

    /// What became of a call.
    struct Invited: Sendable {
        let invitation: UUID
        /// False where the patient had an open one.
        let isNew: Bool
    }

    /// - Throws: `not-found`, `already-active`, `patient-incomplete`, or what a limit throws.
    func invite(_ patient: ExternalID, act: Act, by caller: Caller) async throws -> Invited {
        for _ in 0..<Self.attempts {
            let entry = try await entry(patient, in: caller.practice)
            let mailbox = try entry.mailbox(toEnrolIn: caller.practice)
            let invitationID = UUIDv7.make(at: Date())
            let answered = try await database.run(
                InvitePatient(
                    act: act, patient: entry.version, invitationID: invitationID,
                    link: try link(to: mailbox, of: entry, by: caller)))
            switch try answered.unlessReused() {
            case .invited(let id):
                if answered.isFirst { dispatcher.nudge() }
                return Invited(invitation: id, isNew: true)
            case .standing(let id): return Invited(invitation: id, isNew: false)
            case .alreadyActive: throw Problem(.alreadyActive)
            case .refused(let refusal): throw refusal.problem
            case .overtaken: continue
            }
        }
        throw Problem(.overloaded)
    }

    /// - Throws: `not-found`, `already-active`, `invitation-closed`, `patient-incomplete`, or what a
    ///   limit throws.
    func resend(_ id: UUID, act: Act, by caller: Caller) async throws {
        for _ in 0..<Self.attempts {
            let invitation = try await find(id, in: caller.practice)
            let entry = try await entry(
                ExternalID(invitation.patient), in: caller.practice)
            guard !entry.hasAccount else { throw Problem(.alreadyActive) }
            guard invitation.status.mayBeSentAgain else { throw Problem(.invitationClosed) }
            let mailbox = try entry.mailbox(toEnrolIn: caller.practice)
            let answered = try await database.run(
                ResendInvitation(
                    act: act, invitationID: id, patient: entry.version,
                    link: try link(to: mailbox, of: entry, by: caller)))
            switch try answered.unlessReused() {
            case .sent:
                if answered.isFirst { dispatcher.nudge() }
                return
            case .refused(let refusal): throw refusal.problem
            case .overtaken: continue
            }
        }
        throw Problem(.overloaded)
    }

    /// - Throws: `not-found`.
    func find(_ id: UUID, in practice: Practice) async throws -> Invitation {
        let found = try await database.run(
            FindInvitation(practice: practice.id, invitation: id))
        guard let found else { throw Problem(.notFound) }
        return found
    }

    private func entry(
        _ patient: ExternalID, in practice: Practice
    ) async throws -> RegisteredPatient {
        let row = try await database.run(FindPatient(practice: practice.id, externalID: patient))
        guard let row else { throw Problem(.notFound) }
        return try RegisteredPatient(row, in: practice, keys: keys)
    }

    private func link(
        to mailbox: EmailAddress, of entry: RegisteredPatient, by caller: Caller
    ) throws -> SendLink {
        try SendLink(
            .invitation, to: mailbox, locale: entry.details.locale ?? caller.practice.locale,
            initials: entry.details.initials, in: caller.practice,
            limits: [.links("invitations", of: caller.clientID, ceilings: ceilings)], keys: keys)
    }
}

extension RegisteredPatient {
    /// Where an invitation goes, to somebody who can then enrol (NO-1).
    ///
    /// - Throws: `already-active`; `patient-incomplete`, which names all that is missing.
    fileprivate func mailbox(toEnrolIn practice: Practice) throws(Problem) -> EmailAddress {
        guard !hasAccount else { throw Problem(.alreadyActive) }
        let mailbox = details.email.flatMap(EmailAddress.init)
        let missing = (mailbox == nil ? ["email"] : []) + details.missing(in: practice)
        guard let mailbox, missing.isEmpty else {
            throw Problem(.patientIncomplete, missing: missing)
        }
        return mailbox
    }
}
