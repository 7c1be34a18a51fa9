import Cryptography
import Foundation
import Postgres

/// A mail that invites a patient to use again the account that they have (NO-5).
///
/// It grants nothing and holds nothing secret: it names the portal's pages to sign in and to recover,
/// and the way back is a recovery with two proofs (Z-13). It goes to the account's confirmed mailbox
/// alone, never where the register or an invitation says.
struct Reactivation: Sendable {
    /// Masked.
    let destination: String
    let sentAt: Date
    /// How far the mail got.
    let delivery: DeliveryState
    let deliveryReason: DeliveryFailure.Reason?
    let gateway: String?

    /// Hours in which the mail is tried; what it says stays true for longer.
    static let triedForHours = 24

    /// - Parameter language: of the advice.
    func body(of patient: ExternalID, in language: Language) -> Body {
        Body(
            patient: patient.text, channel: ChannelKind.email.rawValue, destination: destination,
            sentAt: sentAt, delivery: delivery.rawValue, reason: deliveryReason?.rawValue,
            advice: deliveryReason?.advice(in: language), gateway: gateway)
    }

    struct Body: Encodable, Sendable {
        let patient: String
        let channel: String
        let destination: String
        let sentAt: Date
        let delivery: String
        /// Why the mail is not on its way; left out where it is.
        let reason: String?
        /// What can be done about the reason, fit to be shown.
        let advice: String?
        let gateway: String?
    }
}

extension Practice {
    /// The portal's page to sign in.
    var signInURL: String { "\(portalOrigin)/sign-in" }
}

// MARK: - Sending

extension Inviting {
    /// Mails a patient the way back to the account that they have.
    ///
    /// - Throws: `not-found`; `patient-incomplete`, which names `account` or `confirmed_email`;
    ///   `resend-too-soon`, or what a limit throws.
    func reactivate(
        _ patient: ExternalID, act: Act, by caller: Caller
    ) async throws -> Reactivation {
        for _ in 0..<Self.attempts {
            let found = try await database.run(
                FindDormantAccount(practice: caller.practice.id, externalID: patient))
            guard let found else { throw Problem(.notFound) }
            guard let account = found.account else {
                throw Problem(.patientIncomplete, missing: ["account"])
            }
            guard let mailbox = account.mailbox else {
                throw Problem(.patientIncomplete, missing: ["confirmed_email"])
            }
            let answered = try await database.run(
                SendReactivation(
                    act: act, patientID: found.patientID, account: account, mailbox: mailbox,
                    in: caller.practice,
                    limits: [.links("invitations", of: caller.clientID, ceilings: ceilings)],
                    keys: keys))
            switch try answered.unlessReused() {
            case .sent(let message, let destination):
                if answered.isFirst { dispatcher.nudge() }
                return try await database.run(
                    FindReactivation(
                        practice: caller.practice.id, message: message, destination: destination))
            case .tooSoon(let until): throw Problem(.resendTooSoon, retryAt: until)
            case .refused(let refusal): throw refusal.problem
            case .overtaken: continue
            }
        }
        throw Problem(.overloaded)
    }
}

/// Finds the account that a patient can come back to; nil where the practice has no such patient.
struct FindDormantAccount: Statement {
    let practice: UUID
    let externalID: ExternalID

    struct Found: Sendable {
        let patientID: UUID
        /// Nil where the patient has none of their own, or where no recovery opens it.
        let account: Account?
    }

    struct Account: Sendable {
        let id: UUID
        let locale: Language
        /// The confirmed one; the newest, should there be several.
        let mailbox: Mailbox?
    }

    struct Mailbox: Sendable {
        let contactID: UUID
        let address: EmailAddress
    }

    static let lane = Lane.ordinary

    static let sql = """
        select patient.patient_id, account.account_id, account.locale,
               mailbox.contact_id, mailbox.address, $nonce as nonce
        from patient
        left join patient_link as own
            on own.practice_id = $1::uuid
            and own.patient_id = patient.patient_id
            and own.role = 'self'
        left join account
            on account.account_id = own.account_id
            and (\(usable))
        left join lateral (
            select contact.contact_id, contact.address
            from contact
            where contact.account_id = account.account_id
              and contact.kind = 'email'
              and contact.confirmed_at is not null
              and \(FreezeReach(of: "account").isAgainst("contact", since: "confirmed_at"))
                  is not true
            order by contact.confirmed_at desc, contact.contact_id
            limit 1
        ) as mailbox on true
        where patient.practice_id = $1::uuid
          and patient.external_id = $2::text
        """

    /// Whether an `account` can be recovered: what its owner stopped, and nothing else that is stopped.
    static let usable = "account.disabled_at is null or account.frozen_at is not null"

    var parameters: [Parameter] { [.uuid(practice), .text(externalID.text)] }

    static func decode(_ rows: [Row]) throws -> Found? {
        guard let row = rows.first else { return nil }
        return Found(patientID: try row.uuid("patient_id"), account: try Account(row))
    }
}

extension FindDormantAccount.Account {
    fileprivate init?(_ row: Row) throws {
        guard let id = try row.uuidIfPresent("account_id") else { return nil }
        guard let locale = Language(rawValue: try row.text("locale")) else {
            throw PostgresError.undecodable("locale")
        }
        self.id = id
        self.locale = locale
        let address = try row.textIfPresent("address").flatMap(EmailAddress.init)
        mailbox = try address.map {
            FindDormantAccount.Mailbox(contactID: try row.uuid("contact_id"), address: $0)
        }
    }
}

/// Reads how far a re-activation's mail got.
struct FindReactivation: Statement {
    let practice: UUID
    let message: UUID
    /// Masked.
    let destination: String

    static let lane = Lane.ordinary

    static let sql = """
        select message.created_at, message.state, message.reason, message.gateway,
               $3::text as destination, $nonce as nonce
        from message
        where message.practice_id = $1::uuid
          and message.message_id = $2::uuid
        """

    var parameters: [Parameter] { [.uuid(practice), .uuid(message), .text(destination)] }

    static func decode(_ rows: [Row]) throws -> Reactivation {
        guard let row = rows.first, let delivery = DeliveryState(rawValue: try row.text("state"))
        else { throw PostgresError.undecodable(name) }
        return Reactivation(
            destination: try row.text("destination"), sentAt: try row.instant("created_at"),
            delivery: delivery,
            deliveryReason: try row.textIfPresent("reason").flatMap(DeliveryFailure.Reason.init),
            gateway: try row.textIfPresent("gateway"))
    }
}
