import Foundation
import Postgres

/// A practice's invitation of a patient to an account of their own, as its practice may see it (IN-1).
struct Invitation: Sendable {
    let id: UUID
    /// The practice system's own number of the patient.
    let patient: String
    let status: Status
    /// Masked.
    let destination: String
    let createdAt: Date
    /// When the newest link was made; those before it are void.
    let sentAt: Date
    /// When somebody first began an enrolment with one of its links; nil where nobody has.
    let openedAt: Date?
    let expiresAt: Date
    let endedAt: Date?
    /// How far the newest link's mail got.
    let delivery: DeliveryState
    let deliveryReason: DeliveryFailure.Reason?
    let gateway: String?

    /// Days that a link works (standards.md E1).
    static let lifetimeDays = 14

    enum Status: String, Sendable, CaseIterable {
        case open
        /// It led to an account, a new one or one that the person had; the first is also the word where
        /// the patient came to one otherwise (Z-13).
        case accepted, linked
        case declined
        /// The practice took it back.
        case withdrawn
        case expired
        /// The register has another e-mail address, date of birth or postcode since (Z-14).
        case detailsChanged = "details-changed"
        /// Somebody tried to prove who they are too often (Z-14).
        case triesExhausted = "tries-exhausted"

        /// Whether sending it again makes it work: always until activation.
        var mayBeSentAgain: Bool { self == .open || self == .expired }
    }

    /// What ``init(_:)`` reads, of `invitation` joined with `patient`, `mailed_link` and `message`.
    static let columns = """
        invitation.invitation_id, patient.external_id, \(status) as status,
               invitation.destination, invitation.created_at, invitation.expires_at,
               invitation.opened_at, invitation.ended_at, mailed_link.created_at as sent_at,
               message.state as delivery, message.reason as delivery_reason, message.gateway
        """

    /// Where they come from; `$1` is the practice.
    static let source = """
        invitation
        join patient
            on patient.practice_id = $1::uuid
            and patient.patient_id = invitation.patient_id
        join mailed_link
            on mailed_link.practice_id = $1::uuid
            and mailed_link.link_id = invitation.link_id
        join message
            on message.practice_id = $1::uuid
            and message.link_id = invitation.link_id
            and message.template = '\(MessageTemplate.invitation.rawValue)'
        """

    /// The word for what became of it, of `invitation` and `patient`; `$1` is the practice. The last try
    /// closes it even where nobody came to say that it was wrong.
    static let status = """
        case
                   when invitation.ended_at is not null then invitation.end_reason
                   when exists (
                       select from patient_link
                       where patient_link.practice_id = $1::uuid
                         and patient_link.patient_id = patient.patient_id
                         and patient_link.role = 'self') then '\(Status.accepted.rawValue)'
                   when invitation.identity_mac is distinct from patient.identity_mac
                   then '\(Status.detailsChanged.rawValue)'
                   when invitation.identity_tries_left = 0
                   then '\(Status.triesExhausted.rawValue)'
                   when invitation.expires_at <= clock_timestamp()
                   then '\(Status.expired.rawValue)'
                   else '\(Status.open.rawValue)'
               end
        """

    init(_ row: Row) throws {
        guard let status = Status(rawValue: try row.text("status")),
            let delivery = DeliveryState(rawValue: try row.text("delivery"))
        else { throw PostgresError.undecodable("status") }
        id = try row.uuid("invitation_id")
        patient = try row.text("external_id")
        self.status = status
        destination = try row.text("destination")
        createdAt = try row.instant("created_at")
        sentAt = try row.instant("sent_at")
        openedAt = try row.instantIfPresent("opened_at")
        expiresAt = try row.instant("expires_at")
        endedAt = try row.instantIfPresent("ended_at")
        // What has not left yet never will, once the link is dead (SC-9).
        self.delivery = delivery == .queued && status != .open ? .withdrawn : delivery
        deliveryReason = try row.textIfPresent("delivery_reason").flatMap(
            DeliveryFailure.Reason.init)
        gateway = try row.textIfPresent("gateway")
    }

    /// - Parameter language: of the advice.
    func body(in language: Language) -> Body {
        Body(
            id: id, patient: patient, status: status.rawValue, channel: ChannelKind.email.rawValue,
            destination: destination, createdAt: createdAt, sentAt: sentAt, openedAt: openedAt,
            expiresAt: expiresAt, endedAt: endedAt, delivery: delivery.rawValue,
            reason: deliveryReason?.rawValue, advice: deliveryReason?.advice(in: language),
            gateway: gateway)
    }

    /// An invitation in an answer; never its token (Z-8).
    struct Body: Encodable, Sendable {
        let id: UUID
        let patient: String
        let status: String
        let channel: String
        let destination: String
        let createdAt: Date
        let sentAt: Date
        /// Left out until somebody opens its link.
        let openedAt: Date?
        let expiresAt: Date
        /// Left out while it is open, or has merely expired.
        let endedAt: Date?
        let delivery: String
        /// Why the mail is not on its way; left out where it is.
        let reason: String?
        /// What can be done about the reason, fit to be shown.
        let advice: String?
        let gateway: String?
    }
}
