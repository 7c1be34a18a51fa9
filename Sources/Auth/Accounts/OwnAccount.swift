import Cryptography
import Foundation
import Postgres

/// An account as its owner sees it (api.md, "The signed-in account").
struct OwnAccount: Sendable {
    let firstName: String
    let lastName: String
    let locale: Language
    /// Whether it has one; the name itself is kept by nobody.
    let hasUsername: Bool
    let email: Contact?
    let mobile: Contact?
    let customerNumber: String?
    let patients: [Patient]
    let passwordChangedAt: Date
    /// The sign-in before this one.
    let lastSignInAt: Date?
    /// Of the register, where one of its patients is the owner.
    private let sealedBirth: (externalID: String, dateOfBirth: [UInt8])?

    /// Where the owner is reached, in full.
    struct Contact: Sendable, Decodable {
        let address: String
        let confirmed: Bool
        /// What shall take its place, while the code that went there can be typed.
        var pending: String?
    }

    /// Somebody whose records it opens.
    struct Patient: Sendable, Decodable {
        let id: UUID
        let role: String
        let identityLevel: String
        /// Seconds since 1970.
        let endsAt: Double?
    }

    init(_ row: Row) throws {
        guard let locale = Language(rawValue: try row.text("locale")) else {
            throw PostgresError.undecodable("locale")
        }
        func contact(_ kind: ChannelKind) throws -> Contact? {
            let pending = try row.textIfPresent("pending_\(kind.rawValue)")
            let found = try row.textIfPresent("contact_\(kind.rawValue)").map {
                try JSONDecoder().decode(Contact.self, from: Data($0.utf8))
            }
            guard pending != nil || found != nil else { return nil }
            return Contact(
                address: found?.address ?? "", confirmed: found?.confirmed ?? false,
                pending: pending)
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        firstName = try row.text("first_name")
        lastName = try row.text("last_name")
        self.locale = locale
        hasUsername = try row.bool("has_username")
        email = try contact(.email)
        mobile = try contact(.sms)
        customerNumber = try row.textIfPresent("customer_number")
        patients = try decoder.decode(
            [Patient].self, from: Data(try row.text("patients").utf8))
        passwordChangedAt = try row.instant("password_changed_at")
        lastSignInAt = try row.instantIfPresent("last_sign_in_at")
        if let externalID = try row.textIfPresent("own_external_id"),
            let birth = try row.bytesIfPresent("own_date_of_birth")
        {
            sealedBirth = (externalID, birth)
        } else {
            sealedBirth = nil
        }
    }

    /// What is known of whoever chooses a password.
    func owner(in practice: Practice, keys: KeyRing) throws -> PasswordOwner {
        let birth = try sealedBirth.flatMap { sealed in
            try PatientSeal(
                practice: practice.id, externalID: sealed.externalID, key: keys.sealingKey(.seal)
            ).open(sealed.dateOfBirth, .dateOfBirth)
        }
        return PasswordOwner(
            practiceName: practice.name, firstName: firstName, lastName: lastName,
            email: email?.address,
            dateOfBirth: birth.flatMap {
                try? DateOfBirth($0.expose(), now: Date(), in: practice.timeZone)
            })
    }

    func body(_ patient: SignedIn) -> Body {
        let session = patient.session
        return Body(
            subject: session.subject, firstName: firstName, lastName: lastName,
            locale: locale.rawValue, hasUsername: hasUsername, email: email.map(Body.Contact.init),
            mobile: mobile.map(Body.Contact.init), customerNumber: customerNumber,
            patients: patients.map(Body.Patient.init), identityLevel: session.identityLevel,
            steps: session.steps.map(\.rawValue),
            factors: Factor.Kind.allCases.filter(patient.factors.contains).map(\.rawValue),
            hasSuperPin: patient.hasSuperPIN, passwordChangedAt: passwordChangedAt,
            signedInAt: session.authenticatedAt, lastSignInAt: lastSignInAt)
    }

    /// The answer; what there is none of is left out.
    struct Body: Encodable, Sendable {
        let subject: UUID
        let firstName: String
        let lastName: String
        let locale: String
        let hasUsername: Bool
        let email: Contact?
        let mobile: Contact?
        let customerNumber: String?
        let patients: [Patient]
        let identityLevel: String
        let steps: [String]
        let factors: [String]
        let hasSuperPin: Bool
        let passwordChangedAt: Date
        let signedInAt: Date
        let lastSignInAt: Date?

        struct Contact: Encodable, Sendable {
            let address: String?
            let confirmed: Bool
            let pending: String?

            init(_ contact: OwnAccount.Contact) {
                address = contact.address.isEmpty ? nil : contact.address
                confirmed = contact.confirmed
                pending = contact.pending
            }
        }

        struct Patient: Encodable, Sendable {
            let id: UUID
            let role: String
            let identityLevel: String
            let endsAt: Date?

            init(_ patient: OwnAccount.Patient) {
                id = patient.id
                role = patient.role
                identityLevel = patient.identityLevel
                endsAt = patient.endsAt.map(Date.init(timeIntervalSince1970:))
            }
        }
    }
}

/// Reads an account for its owner.
struct FindOwnAccount: Statement {
    let practice: UUID
    let account: UUID
    /// The owner's sign-in.
    let session: UUID

    static let lane = Lane.ordinary

    static let sql = """
        select account.first_name, account.last_name, account.locale, account.password_changed_at,
               exists (
                   select from identifier
                   where identifier.practice_id = $1::uuid
                     and identifier.account_id = account.account_id
                     and identifier.kind = 'username') as has_username,
               \(contact(.email)),
               \(contact(.sms)),
               own.external_id as own_external_id, own.date_of_birth as own_date_of_birth,
               own.number as customer_number,
               (select coalesce(
                           json_agg(
                               json_build_object(
                                   'id', patient_link.patient_id, 'role', patient_link.role,
                                   'identity_level', patient_link.identity_level,
                                   'ends_at', extract(epoch from patient_link.ends_at))
                               order by patient_link.role <> 'self', patient_link.patient_id),
                           '[]')::text
                from patient_link
                where patient_link.practice_id = $1::uuid
                  and patient_link.account_id = account.account_id
                  and (patient_link.ends_at is null
                       or patient_link.ends_at > clock_timestamp())) as patients,
               (select max(session.authenticated_at)
                from session
                where session.practice_id = $1::uuid
                  and session.account_id = account.account_id
                  and session.session_id <> $3::uuid) as last_sign_in_at,
               $nonce as nonce
        from membership
        join account on account.account_id = membership.account_id
        left join lateral (
            select patient.external_id, patient.date_of_birth, customer_number.number
            from patient_link
            join patient
                on patient.practice_id = $1::uuid
                and patient.patient_id = patient_link.patient_id
            left join customer_number
                on customer_number.practice_id = $1::uuid
                and customer_number.patient_id = patient_link.patient_id
            where patient_link.practice_id = $1::uuid
              and patient_link.account_id = membership.account_id
              and patient_link.role = 'self'
            order by patient_link.created_at, patient_link.patient_id
            limit 1
        ) as own on true
        where membership.practice_id = $1::uuid
          and membership.account_id = $2::uuid
        """

    /// The address in force, and the one that waits for its code.
    private static func contact(_ kind: ChannelKind) -> String {
        """
        (select json_build_object(
                           'address', contact.address,
                           'confirmed', contact.confirmed_at is not null)::text
                from contact
                where contact.account_id = account.account_id
                  and contact.kind = '\(kind.rawValue)'
                order by contact.confirmed_at is null, contact.created_at, contact.contact_id
                limit 1) as contact_\(kind.rawValue),
               (select contact_change.address
                from contact_change
                where contact_change.practice_id = $1::uuid
                  and contact_change.account_id = account.account_id
                  and contact_change.kind = '\(kind.rawValue)'
                  and contact_change.session_id = $3::uuid
                  and exists (
                      select from code
                      join live_code using (practice_id, code_id)
                      where code.practice_id = $1::uuid
                        and code.flow_id = contact_change.change_id)
               ) as pending_\(kind.rawValue)
        """
    }

    var parameters: [Parameter] { [.uuid(practice), .uuid(account), .uuid(session)] }

    static func decode(_ rows: [Row]) throws -> OwnAccount? { try rows.first.map(OwnAccount.init) }
}
