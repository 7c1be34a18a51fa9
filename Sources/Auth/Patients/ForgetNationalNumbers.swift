import Foundation
import Postgres

/// Takes national numbers, and all that they are found by, out of the registers of practices that keep
/// none any more (V1): in small batches, since a register may have a million entries.
///
/// From the change of the policy on they are neither shown nor a way in. A practice that wants numbers
/// again gets them after the last one is gone (``ChangePractice``), so that none comes back by itself.
struct ForgetNationalNumbers: BatchStatement {
    static let table = "patient_number"
    static let batchLimit = 100

    static let lane = Lane.ordinary
    static let spansPractices: String? = "one housekeeper looks after every practice"

    // Whoever has a number has a row of what it is found by. The order makes the server go by the index,
    // and a row that is locked is changed by its place; one that changed meanwhile is left for later.
    static let sql = """
        with numberless as (  -- Where some are left; nobody switches them on meanwhile.
            select practice.practice_id
            from practice
            cross join lateral (
                select patient_number.patient_id
                from patient_number
                where patient_number.practice_id = practice.practice_id
                order by patient_number.patient_id
                limit 1
            ) as remnant
            where not practice.national_numbers
            for share of practice
        ),
        due as (  -- 1. Some entries, locked before their numbers, as whoever writes one does.
            select entry.ctid
            from numberless
            cross join lateral (
                select distinct patient_number.patient_id
                from patient_number
                where patient_number.practice_id = numberless.practice_id
                order by patient_number.patient_id
                limit \(batchLimit)
            ) as numbered
            cross join lateral (
                select patient.ctid
                from patient
                where patient.practice_id = numberless.practice_id
                  and patient.patient_id = numbered.patient_id
                for update skip locked
            ) as entry
            limit \(batchLimit)
        ),
        forgotten as (  -- 2. The number, and the content's HMAC, which was made of it as well.
            update patient
            set national_number = null,
                content_mac = null,
                revision = patient.revision + 1,
                changed_at = clock_timestamp()
            where patient.ctid = any (array(select due.ctid from due))
            returning patient.practice_id, patient.patient_id
        ),
        unnumbered as (  -- 3. What it was found by.
            delete from patient_number
            where patient_number.ctid = any (array(
                select own.ctid
                from forgotten
                cross join lateral (
                    select patient_number.ctid
                    from patient_number
                    where patient_number.practice_id = forgotten.practice_id
                      and patient_number.patient_id = forgotten.patient_id
                    for update) as own))
        ),
        audited as (  -- 4. Whose it was; nobody's act but the change of the policy.
            insert into audit
                (practice_id, event, result, reason, account_id, object_id, request_id)
            select forgotten.practice_id, '\(AuditEvent.patientChanged.rawValue)', 'done',
                   'national-number-forgotten',
                   (select patient_link.account_id
                    from patient_link
                    where patient_link.practice_id = forgotten.practice_id
                      and patient_link.patient_id = forgotten.patient_id
                      and patient_link.role = 'self'),
                   forgotten.patient_id, $1::uuid
            from forgotten
        )
        select count(*) as forgotten, $nonce as nonce
        from forgotten
        """

    var parameters: [Parameter] { [.uuid(UUID())] }

    static func decode(_ rows: [Row]) throws -> Int {
        guard let row = rows.first else { throw PostgresError.undecodable(name) }
        return try row.int("forgotten")
    }
}
