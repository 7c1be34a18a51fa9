import Foundation
import Postgres

/// Finds for whom an activation PIN is to be made, before anything is hashed or made: a request that
/// was answered before, or that comes too often, takes no turn in the queue of hashes (Z-21).
struct FindPINHolder: Statement {
    let act: Act
    let externalID: ExternalID

    struct Found: Sendable {
        /// Nil where the practice has no such entry.
        let holder: Holder?
        /// The answer to this very request, if there was one.
        let stored: Answered<IssueActivationPIN.Outcome>?
        /// Whether the PIN of that answer is still the one to be used.
        let storedIsLive: Bool
    }

    /// The patient.
    struct Holder: Sendable {
        let patientID: UUID
        /// First and last; nil where only the import of an account has named the patient so far.
        let name: String?
        /// Nil where the practice's own language will do.
        let locale: Language?
        let account: Account?
        /// Name, and where the register reaches the patient.
        let registered: PatientDetails
        /// Whether a PIN that could still lead to an account is voided by the next one.
        let hasPIN: Bool
        /// Until when no more are made, where today's are spent (AC-8).
        let againAt: Date?
    }

    /// The patient's own account, whose contacts are told.
    struct Account: Sendable {
        let id: UUID
        let locale: Language
        /// Confirmed ones.
        let mailboxes: [String]
    }

    /// Mailboxes of one account that are told.
    private static let mostMailboxes = 5
    private static let reach = FreezeReach(of: "found", createdAt: "account_created_at")

    static let sql = """
        with \(Act.storedArm),
        found as (
            select patient.patient_id, patient.first_name, patient.last_name,
                   patient.locale as patient_locale, patient.email as registered_email,
                   patient.mobile as registered_mobile, own.account_id,
                   account.locale as account_locale, account.frozen_at, account.opposed_at,
                   account.created_at as account_created_at, activation_pin.used_at,
                   activation_pin.created_at as pin_created_at,
                   activation_pin.used_at is null
                       and activation_pin.tries_left > 0
                       and activation_pin.expires_at > clock_timestamp() as has_pin,
                   \(Instants.within("1 day", of: "activation_pin.issues")) as issues
            from patient
            left join patient_link as own
                on own.practice_id = $1::uuid
                and own.patient_id = patient.patient_id
                and own.role = 'self'
            left join account on account.account_id = own.account_id
            left join activation_pin
                on activation_pin.practice_id = $1::uuid
                and activation_pin.patient_id = patient.patient_id
            where patient.practice_id = $1::uuid
              and patient.external_id = $5::text
        )
        select found.patient_id, found.first_name, found.last_name, found.patient_locale,
               found.account_id, found.account_locale, found.registered_email,
               found.registered_mobile, coalesce(found.has_pin, false) as has_pin,
               (found.issues)[cardinality(found.issues) - \(ActivationPIN.issuesPerDay) + 1]
                   + interval '1 day' as again_at,
               array(
                   select contact.address
                   from contact
                   where contact.account_id = found.account_id
                     and contact.kind = 'email'
                     and contact.confirmed_at is not null
                     and \(reach.isAgainst("contact", since: "confirmed_at")) is not true
                   order by contact.created_at, contact.contact_id
                   limit \(mostMailboxes)) as mailboxes,
               coalesce(
                   found.used_at is null
                       and found.pin_created_at
                           = (stored.outcome ->> 'created_at')::timestamptz,
                   false) as stored_is_live,
               \(Act.storedColumns), $nonce as nonce
        from (values (1)) as always_one_row
        left join found on true
        left join stored on true
        """

    var parameters: [Parameter] { act.parameters.dropLast() + [.text(externalID.text)] }

    static func decode(_ rows: [Row]) throws -> Found {
        guard let row = rows.first else { throw PostgresError.undecodable(name) }
        return Found(
            holder: try Holder(row),
            stored: try Act.answered(row, decode: IssueActivationPIN.outcome),
            storedIsLive: try row.bool("stored_is_live"))
    }
}

extension FindPINHolder.Holder {
    fileprivate init?(_ row: Row) throws {
        guard let id = try row.uuidIfPresent("patient_id") else { return nil }
        patientID = id
        let names = [try row.textIfPresent("first_name"), try row.textIfPresent("last_name")]
        name = names.contains(nil) ? nil : names.compactMap(\.self).joined(separator: " ")
        locale = try row.textIfPresent("patient_locale").flatMap { Language(rawValue: $0) }
        account = try FindPINHolder.Account(row)
        registered = PatientDetails(
            firstName: names[0], lastName: names[1],
            email: try row.textIfPresent("registered_email"),
            mobile: try row.textIfPresent("registered_mobile"))
        hasPIN = try row.bool("has_pin")
        againAt = try row.instantIfPresent("again_at")
    }
}

extension FindPINHolder.Account {
    fileprivate init?(_ row: Row) throws {
        guard let id = try row.uuidIfPresent("account_id") else { return nil }
        guard let locale = Language(rawValue: try row.text("account_locale")) else {
            throw PostgresError.undecodable("account_locale")
        }
        self.id = id
        self.locale = locale
        mailboxes = try row.texts("mailboxes")
    }
}
