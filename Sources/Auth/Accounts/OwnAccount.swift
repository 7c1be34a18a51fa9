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
    /// Likewise.
    private let registeredMobile: String?

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
        registeredMobile = try row.textIfPresent("own_mobile")
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
            },
            customerNumber: customerNumber,
            mobiles: [mobile?.address, registeredMobile].compactMap(\.self))
    }

    /// - Parameter code: the newest that went to a pending address.
    func body(
        _ patient: SignedIn, code: (ContactChange.Kind) -> SentCode.Body?
    ) -> Body {
        let session = patient.session
        func contact(_ contact: Contact?, _ kind: ContactChange.Kind) -> Body.Contact? {
            contact.map { Body.Contact($0, code: $0.pending == nil ? nil : code(kind)) }
        }
        return Body(
            subject: session.subject, firstName: firstName, lastName: lastName,
            locale: locale.rawValue, hasUsername: hasUsername, email: contact(email, .email),
            mobile: contact(mobile, .sms), customerNumber: customerNumber,
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
            /// That went to the pending one, and how far it got.
            let code: SentCode.Body?

            init(_ contact: OwnAccount.Contact, code: SentCode.Body?) {
                self.code = code
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
