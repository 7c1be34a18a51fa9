import Foundation
import Postgres

/// What became of an invitation; nil where the practice has none of that id.
struct FindInvitation: Statement {
    let practice: UUID
    let invitation: UUID

    static let lane = Lane.ordinary

    static let sql = """
        select \(Invitation.columns), $nonce as nonce
        from \(Invitation.source)
        where invitation.practice_id = $1::uuid
          and invitation.invitation_id = $2::uuid
        """

    var parameters: [Parameter] { [.uuid(practice), .uuid(invitation)] }

    static func decode(_ rows: [Row]) throws -> Invitation? {
        try rows.first.map { try Invitation($0) }
    }
}

/// The newest invitation of each of some patients, for a page of the register.
struct FindNewestInvitations: Statement {
    let practice: UUID
    let patients: [UUID]

    static let lane = Lane.ordinary

    static let sql = """
        select distinct on (invitation.patient_id)
               invitation.patient_id, \(Invitation.columns), $nonce as nonce
        from \(Invitation.source)
        where invitation.practice_id = $1::uuid
          and invitation.patient_id = any ($2::uuid[])
        order by invitation.patient_id, invitation.created_at desc, invitation.invitation_id desc
        """

    var parameters: [Parameter] { [.uuid(practice), .uuids(patients)] }

    /// By patient; none for those who were never invited.
    static func decode(_ rows: [Row]) throws -> [UUID: Invitation] {
        var found: [UUID: Invitation] = [:]
        for row in rows { found[try row.uuid("patient_id")] = try Invitation(row) }
        return found
    }
}
