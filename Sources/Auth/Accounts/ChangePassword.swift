import Foundation
import Postgres

/// Gives a locked account another password.
struct ChangePassword: Statement {
    let act: Act
    let account: UUID
    let password: SealedPassword

    static let lane = Lane.ordinary

    static let sql = """
        with changed as (
            update account
            set password = $5::bytea,
                password_changed_at = clock_timestamp(),
                password_change_due = false
            from membership
            where membership.practice_id = $1::uuid
              and membership.account_id = $4::uuid
              and account.account_id = membership.account_id
            returning account.account_id
        ),
        audited as (
            insert into audit
                (practice_id, event, result, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.passwordChanged.rawValue)', 'done', $2::uuid,
                   changed.account_id, changed.account_id, $3::uuid
            from changed
        )
        select exists (select from changed) as changed, $nonce as nonce
        """

    var parameters: [Parameter] {
        [
            .uuid(act.practiceID), act.client, .uuid(act.requestID), .uuid(account),
            .bytes(password.bytes),
        ]
    }

    static func decode(_ rows: [Row]) throws {}
}
