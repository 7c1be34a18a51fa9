import Foundation
import Postgres

/// Gives up a change before its code was typed; the code is void, and its message, if still here, is
/// withdrawn. A second time changes nothing.
struct CancelContactChange: Statement {
    let act: Act
    let account: UUID
    let kind: ContactChange.Kind

    var subject: UUID? { account }

    static let sql = """
        with standing as (
            select contact_change.change_id
            from contact_change
            where contact_change.practice_id = $1::uuid
              and contact_change.account_id = $4::uuid
              and contact_change.kind = $5::text
              and contact_change.confirmed_at is null
        ),
        voided as (
            update code
            set voided_at = clock_timestamp()
            from standing
            where code.practice_id = $1::uuid
              and code.flow_id = standing.change_id
              and code.used_at is null
              and code.voided_at is null
            returning code.code_id
        ),
        removed as (
            delete from contact_change
            using standing
            where contact_change.practice_id = $1::uuid
              and contact_change.account_id = $4::uuid
              and contact_change.kind = $5::text
              and contact_change.change_id = standing.change_id
              and contact_change.confirmed_at is null
              and (select count(*) from voided) >= 0
            returning contact_change.change_id
        ),
        audited as (
            insert into audit
                (practice_id, event, result, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.codeCancelled.rawValue)', 'done', $2::uuid, $4::uuid,
                   removed.change_id, $3::uuid
            from removed
        )
        select exists (select from removed) as removed, $nonce as nonce
        """

    var parameters: [Parameter] {
        [
            .uuid(act.practiceID), act.client, .uuid(act.requestID), .uuid(account),
            .text(kind.rawValue),
        ]
    }

    static func decode(_ rows: [Row]) throws {}
}
