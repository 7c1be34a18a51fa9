import Cryptography
import Foundation
import Postgres

/// The way from an invitation to an account, as the client that began it may see it (Z-8).
struct Enrolment: Sendable {
    let id: UUID
    let invitationID: UUID
    let status: Status
    let progress: EnrolmentProgress
    /// Rises with each step.
    let revision: Int
    let expiresAt: Date
    /// Tries to prove identity that are left, over all enrolments of the invitation (Z-14).
    let triesLeft: Int
    /// When the second way's newest mail was made; nil where there was none.
    let confirmationSentAt: Date?
    /// Names and username as they were typed; nil until then.
    let typed: Typed
    /// The documents in force, each with the version and whether it was accepted.
    let documents: [DocumentInForce]
    /// The id of the account that it may come to.
    let accountID: UUID
    /// The patient as the register has them now.
    let patient: RegisteredPatient
    /// Of the practice's letter; nil where there was none.
    let customerNumber: String?
    /// Whether other patients of the practice have the same address (Z-16, Z-17).
    let addressIsShared: Bool

    /// From its opening, and as long as a confirmation mail counts (standards.md E6).
    static let lifetimeHours = 24
    /// Tries of one network in an hour, over all invitations (Z-14).
    static let networkTries = 20

    enum Status: String, Sendable, CaseIterable {
        case open
        /// It came to a new account, or to one that the person had.
        case accepted, linked
        case declined
        /// Identity was proven in another one since (Z-14), or the patient came to an account
        /// otherwise.
        case overtaken
        case expired
        /// Its invitation is void, taken back or closed.
        case closed
    }

    struct DocumentInForce: Sendable, Codable {
        let kind: String
        let version: String
        let accepted: Bool
    }

    struct Typed: Sendable {
        let firstName: String?
        let lastName: String?
        let username: String?
    }
}

extension Enrolment {
    /// Why this can't be done now; nil where it can.
    func refusal(of act: EnrolmentAct) -> Problem? {
        // However this one ended: all that is left to do is to sign in (Z-13).
        if patient.hasAccount { return Problem(.alreadyActive) }
        switch status {
        case .open:
            let step = progress.step
            return step.allowed.contains(act) ? nil : Problem(.stepOutOfOrder, step: step)
        case .accepted, .linked: return Problem(.alreadyActive)
        case .overtaken, .expired: return Problem(.enrolmentEnded)
        case .declined, .closed: return Problem(.invitationClosed)
        }
    }

    /// The columns of ``source`` that ``init(_:in:keys:)`` reads.
    static let columns = """
        \(RegisteredPatient.columns),
               enrolment.enrolment_id, enrolment.invitation_id,
               \(status) as status,
               enrolment.identity_level, enrolment.confirmed_at is not null as email_confirmed,
               enrolment.password is not null as has_profile,
               (
                   select coalesce(
                              json_agg(
                                  json_build_object(
                                      'kind', current_document.kind,
                                      'version', current_document.version,
                                      'accepted', exists (
                                          select from jsonb_to_recordset(enrolment.documents)
                                              as accepted (kind text, version text)
                                          where accepted.kind = current_document.kind
                                            and accepted.version = current_document.version))
                                  order by current_document.kind desc),
                              '[]')::text
                   from current_document
                   where current_document.practice_id = $1::uuid) as documents,
               enrolment.first_name as typed_first_name, enrolment.last_name as typed_last_name,
               enrolment.username as typed_username, enrolment.account_id as own_account_id,
               enrolment.revision as enrolment_revision,
               enrolment.expires_at as enrolment_expires_at,
               (
                   select customer_number.number
                   from customer_number
                   where customer_number.practice_id = $1::uuid
                     and customer_number.patient_id = patient.patient_id
               ) as own_customer_number,
               invitation.identity_tries_left, mailed_link.created_at as confirmation_sent_at,
               exists (
                   select from patient as other
                   where other.practice_id = $1::uuid
                     and lower(other.email) = lower(patient.email)
                     and other.patient_id <> patient.patient_id) as address_is_shared
        """

    /// Where they come from; `$1` is the practice.
    static let source = """
        enrolment
        join invitation
            on invitation.practice_id = $1::uuid
            and invitation.invitation_id = enrolment.invitation_id
        join patient
            on patient.practice_id = $1::uuid
            and patient.patient_id = invitation.patient_id
        left join patient_link as own
            on own.practice_id = $1::uuid
            and own.patient_id = patient.patient_id
            and own.role = 'self'
        left join mailed_link
            on mailed_link.practice_id = $1::uuid
            and mailed_link.link_id = enrolment.link_id
        """

    /// What became of it. Its invitation may expire meanwhile: whoever has begun goes on.
    private static let status = """
        case
                   when enrolment.ended_at is not null then enrolment.end_reason
                   when own.account_id is not null then '\(Status.overtaken.rawValue)'
                   when invitation.ended_at is not null
                       or invitation.identity_mac is distinct from patient.identity_mac
                   then '\(Status.closed.rawValue)'
                   when enrolment.expires_at <= clock_timestamp()
                   then '\(Status.expired.rawValue)'
                   else '\(Status.open.rawValue)'
               end
        """

    /// - Throws: `SealingKey.Fault` where a row was tampered with.
    init(_ row: Row, in practice: Practice, keys: KeyRing) throws {
        guard let status = Status(rawValue: try row.text("status")) else {
            throw PostgresError.undecodable("status")
        }
        id = try row.uuid("enrolment_id")
        invitationID = try row.uuid("invitation_id")
        self.status = status
        let documents = try JSONDecoder().decode(
            [DocumentInForce].self, from: Data(try row.text("documents").utf8))
        self.documents = documents
        progress = EnrolmentProgress(
            identity: try row.textIfPresent("identity_level").flatMap {
                EnrolmentProgress.IdentityLevel(rawValue: $0)
            },
            emailConfirmed: try row.bool("email_confirmed"),
            hasProfile: try row.bool("has_profile"),
            hasAccepted: documents.allSatisfy(\.accepted))
        revision = try row.int("enrolment_revision")
        expiresAt = try row.instant("enrolment_expires_at")
        triesLeft = try row.int("identity_tries_left")
        confirmationSentAt = try row.instantIfPresent("confirmation_sent_at")
        typed = Typed(
            firstName: try row.textIfPresent("typed_first_name"),
            lastName: try row.textIfPresent("typed_last_name"),
            username: try row.textIfPresent("typed_username"))
        accountID = try row.uuid("own_account_id")
        patient = try RegisteredPatient(row, in: practice, keys: keys)
        customerNumber = try row.textIfPresent("own_customer_number")
        addressIsShared = try row.bool("address_is_shared")
    }
}

/// Reads an enrolment of this client; nil where it has none of that id.
struct FindEnrolment: Statement {
    let practice: UUID
    let client: UUID
    let enrolment: UUID

    static let lane = Lane.ordinary

    static let sql = """
        select \(Enrolment.columns), $nonce as nonce
        from \(Enrolment.source)
        where enrolment.practice_id = $1::uuid
          and enrolment.client_id = $2::uuid
          and enrolment.enrolment_id = $3::uuid
        """

    var parameters: [Parameter] { [.uuid(practice), .uuid(client), .uuid(enrolment)] }

    static func decode(_ rows: [Row]) throws -> Row? { rows.first }
}
