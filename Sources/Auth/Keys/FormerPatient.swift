import Cryptography
import Foundation
import Postgres

/// A register entry that a former key made something of, as it is stored.
struct FormerPatient: Sendable {
    let practice: UUID
    let id: UUID
    private let externalID: String
    /// What is not sealed.
    private let details: PatientDetails
    private let dateOfBirth: [UInt8]?
    private let postcode: [UInt8]?
    private let nationalNumber: [UInt8]?
    private let numberIndexes: [[UInt8]]
    private let contentMAC: [UInt8]?
    let identityMAC: [UInt8]?

    init(_ row: Row) throws {
        practice = try row.uuid("practice_id")
        id = try row.uuid("patient_id")
        externalID = try row.text("external_id")
        details = PatientDetails(
            firstName: try row.textIfPresent("first_name"),
            lastName: try row.textIfPresent("last_name"),
            email: try row.textIfPresent("email"), mobile: try row.textIfPresent("mobile"),
            generalPractitioner: try row.textIfPresent("general_practitioner"),
            locale: try row.textIfPresent("locale").flatMap { Language(rawValue: $0) })
        dateOfBirth = try row.bytesIfPresent("date_of_birth")
        postcode = try row.bytesIfPresent("postcode")
        nationalNumber = try row.bytesIfPresent("national_number")
        numberIndexes = try row.byteArrays("number_indexes")
        contentMAC = try row.bytesIfPresent("content_mac")
        identityMAC = try row.bytesIfPresent("identity_mac")
    }

    /// The same entry by the ring's current key; nil where its number is not the one of its indexes.
    ///
    /// - Throws: `SealingKey.Fault` where the row was tampered with.
    func rekeyed(_ keys: KeyRing) throws -> RekeyPatients.Change? {
        let seal = PatientSeal(
            practice: practice, externalID: externalID, key: keys.sealingKey(.seal))
        var details = details
        details.dateOfBirth = try seal.open(dateOfBirth, .dateOfBirth)
        details.postcode = try seal.open(postcode, .postcode)
        let digits = try seal.open(nationalNumber, .nationalNumber)
        details.nationalNumber = digits.flatMap { number($0, keys) }
        // Changed between the lock and the look at its indexes: it stays for the next round.
        guard digits == nil || details.nationalNumber != nil else { return nil }
        let content = details.content(of: externalID, practice: practice)
        let identity = details.identity(of: externalID, practice: practice)
        return RekeyPatients.Change(
            former: self, dateOfBirth: seal.seal(details.dateOfBirth, .dateOfBirth),
            postcode: seal.seal(details.postcode, .postcode),
            nationalNumber: seal.seal(digits, .nationalNumber),
            numberIndex: details.nationalNumber?.index(
                practice: practice, key: keys.macKey(.index)),
            contentMAC: Self.renewed(contentMAC, of: content, keys),
            identityMAC: Self.renewed(identityMAC, of: identity, keys))
    }

    /// The number in the country that it was indexed for, which the practice may have left since.
    private func number(_ digits: Secret<String>, _ keys: KeyRing) -> NationalNumber? {
        Practice.Country.allCases.lazy
            .compactMap {
                try? NationalNumber(typed: digits.expose(), country: $0, synthetic: true)
            }
            .first { number in
                number.indexes(practice: practice, keys: keys).contains(
                    where: numberIndexes.contains)
            }
    }

    /// The MAC of the same fields by the current key. One that is not of these fields stays as it is: it
    /// stands for none, as before.
    private static func renewed(
        _ mac: [UInt8]?, of fields: [String], _ keys: KeyRing
    ) -> [UInt8]? {
        guard let mac else { return nil }
        let macs = keys.macKeys(.entry).map { $0.authenticate(fields: fields) }
        return macs.contains(mac) ? macs[0] : mac
    }
}
