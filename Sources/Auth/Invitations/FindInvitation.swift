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
