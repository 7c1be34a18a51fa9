import Foundation
import Postgres

/// Takes a practice's own words for one text away; the service's are in force again.
struct RemoveText: Statement {
    let act: Act
    let template: MessageTemplate
    let locale: String
    /// To those who answer for the practice. Without a limit: there is nothing to take away twice.
    let notice: AdminNotice

    static let lane = Lane.ordinary

    static let sql = """
        with \(AdminNotice.limitArms(first: 6)),
        removed as (  -- 1. The practice's words, if there are any.
            delete from text_override
            where practice_id = $1::uuid
              and template = $4::text
              and locale = $5::text
            returning practice_id
        ),
        audited as (  -- 2. Who took which text away.
            insert into audit
                (practice_id, event, result, reason, client_id, object_id, request_id)
            select practice_id, '\(AuditEvent.textRemoved.rawValue)', 'done',
                   $4::text || '/' || $5::text, $2::uuid, practice_id, $3::uuid
            from removed
        ),
        \(AdminNotice.arms(first: 6, of: "removed"))
        select count(*) as removed, $nonce as nonce
        from removed
        """

    var parameters: [Parameter] {
        [
            .uuid(act.practiceID), act.client, .uuid(act.requestID), .text(template.rawValue),
            .text(locale),
        ] + notice.parameters
    }

    static func decode(_ rows: [Row]) throws {}
}
