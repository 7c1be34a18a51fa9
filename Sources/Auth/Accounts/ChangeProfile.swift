import Foundation
import Postgres

/// Gives an account another name or language; what is nil stays as it is.
struct ChangeProfile: Statement {
    let act: Act
    let account: UUID
    let firstName: PersonName?
    let lastName: PersonName?
    let locale: Language?

    static let lane = Lane.ordinary

    static let sql = """
        with changed as (
            update account
            set first_name = coalesce($5::text, account.first_name),
                last_name = coalesce($6::text, account.last_name),
                locale = coalesce($7::text, account.locale)
            from membership
            where membership.practice_id = $1::uuid
              and membership.account_id = $4::uuid
              and account.account_id = membership.account_id
            returning account.account_id
        ),
        audited as (  -- The fields' names, and nothing of what they hold (Z-30).
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.profileChanged.rawValue)', 'done', $8::text, $2::uuid,
                   changed.account_id, changed.account_id, $3::uuid
            from changed
        )
        select exists (select from changed) as changed, $nonce as nonce
        """

    var parameters: [Parameter] {
        let fields = [
            firstName.map { _ in "first_name" }, lastName.map { _ in "last_name" },
            locale.map { _ in "locale" },
        ]
        return [
            .uuid(act.practiceID), act.client, .uuid(act.requestID), .uuid(account),
            (firstName?.text).map(Parameter.text) ?? .null,
            (lastName?.text).map(Parameter.text) ?? .null,
            (locale?.rawValue).map(Parameter.text) ?? .null,
            .text(fields.compactMap(\.self).joined(separator: " ")),
        ]
    }

    static func decode(_ rows: [Row]) throws {}
}
