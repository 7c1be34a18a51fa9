import Cryptography
import Foundation
import Postgres

/// Some of the register's entries that something of a former key is in, held for the transaction.
struct HoldFormerPatients: KeyStatement {
    let keyID: String

    /// Few, since whoever changes one of them waits meanwhile.
    static let batchLimit = 50

    static let sql = """
        select patient.practice_id, patient.patient_id, patient.external_id, patient.first_name,
               patient.last_name, patient.locale, patient.email, patient.mobile,
               patient.general_practitioner, patient.date_of_birth, patient.postcode,
               patient.national_number, patient.content_mac, patient.identity_mac,
               array(
                   select patient_number.number_index
                   from patient_number
                   where patient_number.practice_id = patient.practice_id
                     and patient_number.patient_id = patient.patient_id) as number_indexes,
               $nonce as nonce
        from patient
        where patient.key_id between $1::text and $1::text
        order by patient.key_id
        limit \(batchLimit)
        for update skip locked
        """

    var parameters: [Parameter] { [.text(keyID)] }

    static func decode(_ rows: [Row]) throws -> [FormerPatient] { try rows.map(FormerPatient.init) }
}

/// Puts entries that were made anew in their rows, and what refers to their identity with them; returns
/// how many. In the transaction that holds them.
struct RekeyPatients: KeyStatement {
    struct Change: Sendable {
        let former: FormerPatient
        let dateOfBirth: [UInt8]?
        let postcode: [UInt8]?
        let nationalNumber: [UInt8]?
        let numberIndex: [UInt8]?
        let contentMAC: [UInt8]?
        let identityMAC: [UInt8]?
    }

    let keyID: String
    let changes: [Change]

    static let sql = """
        with change as (
            select change.*
            from unnest(
                $2::uuid[], $3::uuid[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bytea[],
                $8::bytea[], $9::bytea[], $10::bytea[]
            ) as change (
                practice_id, patient_id, date_of_birth, postcode, national_number, number_index,
                content_mac, identity_mac, former_mac)
        ),
        rekeyed as (  -- 1. The entry; nothing that a caller sees has changed.
            update patient
            set date_of_birth = nullif(change.date_of_birth, ''),
                postcode = nullif(change.postcode, ''),
                national_number = nullif(change.national_number, ''),
                content_mac = nullif(change.content_mac, ''),
                identity_mac = nullif(change.identity_mac, ''),
                key_id = $1::text
            from change
            where patient.practice_id = change.practice_id
              and patient.patient_id = change.patient_id
            returning patient.patient_id
        ),
        numbered as (  -- 2. What its number is found by; maybe it was made before the key's time.
            insert into patient_number (practice_id, number_index, patient_id, key_id)
            select change.practice_id, change.number_index, change.patient_id, $1::text
            from change
            where change.number_index <> ''
              and not exists (
                  select from patient_number as own
                  where own.practice_id = change.practice_id
                    and own.number_index = change.number_index
                    and own.patient_id = change.patient_id)
        ),
        unnumbered as (
            delete from patient_number
            using change
            where patient_number.practice_id = change.practice_id
              and patient_number.patient_id = change.patient_id
              and patient_number.number_index <> change.number_index
              and change.number_index <> ''
        ),
        followed as (  -- 3. Invitations, which are for this identity.
            update invitation
            set identity_mac = change.identity_mac
            from change
            where invitation.practice_id = change.practice_id
              and invitation.patient_id = change.patient_id
              and invitation.identity_mac = change.former_mac
              and change.identity_mac <> ''
        )
        select count(*) as rekeyed, $nonce as nonce
        from rekeyed
        """

    var parameters: [Parameter] {
        func bytes(_ field: (Change) -> [UInt8]?) -> Parameter {
            .byteArrays(changes.map { field($0) ?? [] })
        }
        return [
            .text(keyID), .uuids(changes.map(\.former.practice)), .uuids(changes.map(\.former.id)),
            bytes(\.dateOfBirth), bytes(\.postcode), bytes(\.nationalNumber), bytes(\.numberIndex),
            bytes(\.contentMAC), bytes(\.identityMAC), bytes(\.former.identityMAC),
        ]
    }

    static func decode(_ rows: [Row]) throws -> Int { try rows.first?.int("rekeyed") ?? 0 }
}
