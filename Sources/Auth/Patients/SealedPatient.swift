import Cryptography
import Foundation
import Postgres

/// A register entry as the table keeps it: what could be guessed is sealed, and found by HMAC alone
/// (Z-18, V1).
struct SealedPatient: Sendable {
    let externalID: ExternalID
    /// Of these the table keeps the sealed forms below in place of the secrets.
    let details: PatientDetails
    let dateOfBirth: [UInt8]?
    let postcode: [UInt8]?
    let nationalNumber: [UInt8]?
    /// Ids of all keys of the ring, in the order of the HMACs below; the current one is the first.
    let keyIDs: [String]
    /// Ids of the keys by which a number is written.
    let indexIDs: [String]
    /// What the national number is found by, by every key.
    let numberIndexes: [[UInt8]]?
    /// All that the entry holds, by every key.
    let contentMACs: [[UInt8]]
    /// What a person may prove to be known, likewise: a change of it voids open invitations (Z-14).
    let identityMACs: [[UInt8]]

    /// - Parameter keys: a snapshot; the lines of one statement need the same.
    init(_ externalID: ExternalID, _ details: PatientDetails, practice: UUID, keys: KeyRing) {
        let seal = PatientSeal(
            practice: practice, externalID: externalID.text, key: keys.sealingKey(.seal))
        self.externalID = externalID
        self.details = details
        keyIDs = keys.ids
        indexIDs = keys.indexIDs
        dateOfBirth = seal.seal(details.dateOfBirth, .dateOfBirth)
        postcode = seal.seal(details.postcode, .postcode)
        nationalNumber = seal.seal(details.nationalNumber?.digits, .nationalNumber)
        numberIndexes = details.nationalNumber?.indexes(practice: practice, keys: keys)
        let content = details.content(of: externalID.text, practice: practice)
        contentMACs = keys.macKeys(.entry).map { $0.authenticate(fields: content) }
        let identity = details.identity(of: externalID.text, practice: practice)
        identityMACs = keys.macKeys(.entry).map { $0.authenticate(fields: identity) }
    }
}

extension NationalNumber {
    /// What it is found by: by every key of the ring.
    func indexes(practice: UUID, keys: KeyRing) -> [[UInt8]] {
        keys.macKeys(.index).map { index(practice: practice, key: $0) }
    }
}

extension Practice {
    /// The national number that somebody typed to sign in with; nil where it is none, or where patients
    /// of this practice don't sign in with theirs.
    func loginNumber(typed: String) -> NationalNumber? {
        guard policy.nationalNumberLogin else { return nil }
        return try? NationalNumber(
            typed: typed, country: country, synthetic: policy.syntheticNumbers)
    }
}

/// Seals what one entry holds; each value opens in its own column of its own row alone.
struct PatientSeal {
    let practice: UUID
    /// It never changes, and is known before the entry has an id of ours.
    let externalID: String
    let key: SealingKey

    enum Column: String {
        case dateOfBirth = "date_of_birth"
        case postcode
        case nationalNumber = "national_number"
    }

    func seal(_ value: Secret<String>?, _ column: Column) -> [UInt8]? {
        value.map { key.seal(Array($0.expose().utf8), boundTo: binding(column)) }
    }

    func open(_ sealed: [UInt8]?, _ column: Column) throws -> Secret<String>? {
        try sealed.map {
            Secret(String(decoding: try key.open($0, boundTo: binding(column)), as: UTF8.self))
        }
    }

    private func binding(_ column: Column) -> [UInt8] {
        FieldSequence.encode(
            ["patient", column.rawValue, practice.uuidString, externalID].map { Array($0.utf8) })
    }
}

extension PatientDetails {
    /// Everything, in one order; a field more is another content, so that no old MAC stands for it.
    func content(of externalID: String, practice: UUID) -> [String] {
        [
            practice.uuidString, externalID, firstName, lastName, dateOfBirth?.expose(),
            postcode?.expose(), email, mobile, nationalNumber?.digits.expose(), generalPractitioner,
            locale?.rawValue,
        ].map { $0 ?? "" }
    }

    /// E-mail address, date of birth and postcode, as they are compared.
    func identity(of externalID: String, practice: UUID) -> [String] {
        [
            "identity", practice.uuidString, externalID,
            email.flatMap(EmailAddress.init)?.normalized ?? "", dateOfBirth?.expose() ?? "",
            postcode?.expose() ?? "",
        ]
    }

    /// What a row holds, opened.
    fileprivate init(_ row: Row, in practice: Practice, key: SealingKey) throws {
        let seal = PatientSeal(
            practice: practice.id, externalID: try row.text("external_id"), key: key)
        let digits =
            practice.policy.nationalNumbers
            ? try seal.open(row.bytesIfPresent("national_number"), .nationalNumber) : nil
        self.init(
            firstName: try row.textIfPresent("first_name"),
            lastName: try row.textIfPresent("last_name"),
            dateOfBirth: try seal.open(row.bytesIfPresent("date_of_birth"), .dateOfBirth),
            postcode: try seal.open(row.bytesIfPresent("postcode"), .postcode),
            email: try row.textIfPresent("email"), mobile: try row.textIfPresent("mobile"),
            // One of the country that the practice was in before is nobody's here.
            nationalNumber: digits.flatMap {
                try? NationalNumber(
                    typed: $0.expose(), country: practice.country, synthetic: true)
            },
            generalPractitioner: try row.textIfPresent("general_practitioner"),
            locale: try row.textIfPresent("locale").flatMap { Language(rawValue: $0) })
    }
}

/// An entry as it was read.
struct RegisteredPatient: Sendable {
    let externalID: String
    let details: PatientDetails
    let version: PatientVersion
    /// Whether the patient has an account of their own in this practice.
    let hasAccount: Bool

    /// The columns of ``source`` that ``init(_:in:keys:)`` reads; `$1` is the practice.
    static let columns = """
        patient.external_id, patient.first_name, patient.last_name, patient.locale, patient.email,
               patient.mobile, patient.general_practitioner, patient.date_of_birth,
               patient.postcode, patient.national_number, patient.patient_id, patient.revision,
               patient.created_at, patient.changed_at,
               own.account_id is not null as has_account
        """

    /// Where they come from.
    static let source = """
        patient
        left join patient_link as own
            on own.practice_id = $1::uuid
            and own.patient_id = patient.patient_id
            and own.role = 'self'
        """
}

extension RegisteredPatient {
    /// - Throws: `SealingKey.Fault` where the row was tampered with.
    init(_ row: Row, in practice: Practice, keys: KeyRing) throws {
        externalID = try row.text("external_id")
        details = try PatientDetails(row, in: practice, key: keys.sealingKey(.seal))
        version = try PatientVersion(row)
        hasAccount = try row.bool("has_account")
    }
}
