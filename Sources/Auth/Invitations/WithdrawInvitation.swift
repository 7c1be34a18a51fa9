import Foundation
import Postgres

/// Takes an invitation back: its link is void, and its mail, if still here, is withdrawn (SC-9).
struct WithdrawInvitation: Statement {
    let act: Act
    let invitation: UUID

    static let lane = Lane.ordinary

    enum Outcome: String, Sendable {
        /// It is over, now or before; an account that it led to stays.
        case withdrawn
        case unknown
    }

    static let sql = """
        with withdrawn as (
            update invitation
            set ended_at = clock_timestamp(),
                end_reason = '\(Invitation.Status.withdrawn.rawValue)'
            where invitation.practice_id = $1::uuid
              and invitation.invitation_id = $4::uuid
              and invitation.ended_at is null
            returning invitation.invitation_id
        ),
        audited as (
            insert into audit
                (practice_id, event, result, client_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.invitationWithdrawn.rawValue)', 'done', $2::uuid,
                   withdrawn.invitation_id, $3::uuid
            from withdrawn
        )
        select case
                   when found.invitation_id is null then 'unknown'
                   else 'withdrawn'
               end as word,
               $nonce as nonce
        from (values (1)) as always_one_row
        left join invitation as found
            on found.practice_id = $1::uuid
            and found.invitation_id = $4::uuid
        """

    var parameters: [Parameter] {
        [.uuid(act.practiceID), act.client, .uuid(act.requestID), .uuid(invitation)]
    }

    static func decode(_ rows: [Row]) throws -> Outcome {
        guard let row = rows.first, let outcome = Outcome(rawValue: try row.text("word")) else {
            throw PostgresError.undecodable(name)
        }
        return outcome
    }
}
