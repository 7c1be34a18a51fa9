import Foundation
import Postgres

/// Takes an entry out of a practice's register, and with it what accounts saw of the patient; the
/// accounts stay, and so do the audit's rows.
struct DeletePatient: Statement {
    let act: Act
    let externalID: ExternalID
    /// `If-Match`: tags of which the entry must have one; any for nil or `*`.
    let match: [String]?

    static let lane = Lane.ordinary

    enum Outcome: String, Sendable {
        case deleted, stale, unknown
    }

    static let sql = """
        with held as (  -- 1. The entry, locked before anything that refers to it.
            select patient.patient_id, patient.revision
            from patient
            where patient.practice_id = $1::uuid
              and patient.external_id = $4::text
            for update
        ),
        meant as (
            select held.patient_id
            from held
            where $5::text[] is null
               or '*' = any ($5::text[])
               or \(PatientVersion.tagExpression(of: "held")) = any ($5::text[])
        ),
        unlinked as (  -- 2. Who saw the patient.
            delete from patient_link
            using meant
            where patient_link.practice_id = $1::uuid
              and patient_link.patient_id = meant.patient_id
            returning patient_link.account_id, patient_link.role
        ),
        deleted as (  -- 3. The entry.
            delete from patient
            using meant
            where patient.practice_id = $1::uuid
              and patient.patient_id = meant.patient_id
            returning patient.patient_id
        ),
        audited as (  -- 4. Who took it out, and whose own it was.
            insert into audit
                (practice_id, event, result, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.patientDeleted.rawValue)', 'done', $2::uuid,
                   (select unlinked.account_id from unlinked where unlinked.role = 'self'),
                   deleted.patient_id, $3::uuid
            from deleted
        )
        select case
                   when deleted.patient_id is not null then 'deleted'
                   when held.patient_id is not null then 'stale'
                   else 'unknown'
               end as word,
               $nonce as nonce
        from (values (1)) as always_one_row
        left join held on true
        left join deleted on true
        """

    var parameters: [Parameter] {
        [
            .uuid(act.practiceID), act.client, .uuid(act.requestID), .text(externalID.text),
            match.map(Parameter.texts) ?? .null,
        ]
    }

    static func decode(_ rows: [Row]) throws -> Outcome {
        guard let row = rows.first, let outcome = Outcome(rawValue: try row.text("word")) else {
            throw PostgresError.undecodable(name)
        }
        return outcome
    }
}
