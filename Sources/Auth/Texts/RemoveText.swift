import Foundation
import Postgres

/// Takes a practice's own words for one text away; the service's are in force again.
struct RemoveText: Statement {
    let act: Act
    let place: TextPlace
    /// To those who answer for the practice. Without a limit: there is nothing to take away twice.
    let notice: AdminNotice

    static let lane = Lane.ordinary

    static let sql = """
        with \(AdminNotice.limitArms(first: 8)),
        removed as (  -- 1. The practice's words, if there are any.
            delete from text_override
            where practice_id = $1::uuid
              and template = $4::text
              and locale = $5::text
              and purpose = $6::text
            returning practice_id
        ),
        audited as (  -- 2. Who took which text away.
            insert into audit
                (practice_id, event, result, reason, client_id, object_id, request_id)
            select practice_id, '\(AuditEvent.textRemoved.rawValue)', 'done',
                   $7::text, $2::uuid, practice_id, $3::uuid
            from removed
        ),
        \(AdminNotice.arms(first: 8, of: "removed"))
        select count(*) as removed, $nonce as nonce
        from removed
        """

    var parameters: [Parameter] {
        [.uuid(act.practiceID), act.client, .uuid(act.requestID)] + place.parameters
            + [.text(place.name)] + notice.parameters
    }

    static func decode(_ rows: [Row]) throws {}
}
