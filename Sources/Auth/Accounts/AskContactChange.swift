import Foundation
import Postgres

/// Asks whoever reads the new address for a code; nothing of the account is changed by it. A further
/// request takes the place of the one before.
struct AskContactChange: IdempotentStatement {
    let act: Act
    let account: UUID
    let session: UUID
    let kind: ContactChange.Kind
    let code: SendCode

    var subject: UUID? { account }

    enum Outcome: Sendable {
        case sent(SentCode)
        case refused(SendRefusal)
        case overtaken
    }

    /// The code's parameters come after those of the change.
    private static let firstOfCode = 11

    static let arms = """
        asked as (
            select $6::uuid as subject_id, $7::text as purpose, null::uuid as known_code_id,
                   null::timestamptz as ends_at
            where not exists (select from stored)
        ),
        \(SendCode.arms(first: firstOfCode)),
        requested as (
            insert into contact_change
                (practice_id, account_id, kind, change_id, session_id, address)
            select $1::uuid, $6::uuid, $8::text,
                   \(SendCode.parameter(.flow, first: firstOfCode))::uuid, $9::uuid, $10::text
            from sent
            on conflict (practice_id, account_id, kind) do update
            set change_id = excluded.change_id,
                session_id = excluded.session_id,
                address = excluded.address,
                created_at = excluded.created_at,
                confirmed_at = null
        ),
        outcome as (
            select \(SendRefusal.word(sent: "sent")),
                   sent.code_id is not null as lasting,
                   \(SendRefusal.columns),
                   \(SendCode.columns)
            from (values (1)) as always_one_row
            left join ready on true
            \(SendCode.joins)
        ),
        audited as (
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.codeSent.rawValue)',
                   case when outcome.word = 'sent' then 'done' else 'refused' end,
                   case when outcome.word = 'sent' then null else outcome.word end,
                   $2::uuid, $6::uuid, outcome.code_id, $5::uuid
            from outcome
            where outcome.word <> 'overtaken'
              and not exists (select from stored)
        )
        """

    var ownParameters: [Parameter] {
        [
            .uuid(account), .text(kind.purpose.slug), .text(kind.rawValue), .uuid(session),
            .text(code.destination.address),
        ] + code.parameters
    }

    static func outcome(_ row: Row) throws -> Outcome {
        if let refusal = try SendRefusal(row) { return .refused(refusal) }
        guard try row.text("word") == "sent" else { return .overtaken }
        return .sent(try SentCode(row))
    }
}
