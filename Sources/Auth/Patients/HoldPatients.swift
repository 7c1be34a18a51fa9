import Foundation
import Postgres

/// Holds entries of a register, in one order, until the end of the transaction: whoever changes one of them,
/// or what hangs on it, comes before or after, and the next statement sees what they did.
struct HoldPatients: Statement {
    let practice: UUID
    let externalIDs: [String]

    static let lane = Lane.ordinary

    static let sql = """
        with held as (
            select patient.patient_id
            from patient
            where patient.practice_id = $1::uuid
              and patient.external_id = any ($2::text[])
            order by patient.external_id
            for update
        )
        select count(*) as held, $nonce as nonce
        from held
        """

    var parameters: [Parameter] { [.uuid(practice), .texts(externalIDs)] }

    static func decode(_ rows: [Row]) throws {}
}
