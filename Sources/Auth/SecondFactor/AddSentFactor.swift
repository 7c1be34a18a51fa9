import Foundation
import Postgres

/// Makes a pending factor of a number or a mailbox and sends it its first code, in one commit (AC-6).
///
/// A further request takes the place of the pending factor of its type and voids its code; an active one
/// stays as it is. What is refused changes nothing.
struct AddSentFactor: IdempotentStatement {
    let act: Act
    let account: UUID
    let factor: Factor
    let code: SendCode

    var subject: UUID? { account }

    enum Outcome: Sendable {
        case sent(factorID: UUID, SentCode)
        case refused(SendRefusal)
        /// Somebody else was faster at the same row; ask once more.
        case overtaken
    }

    static let arms = """
        asked as (
            select $6::uuid as subject_id, '\(CodePurpose.factor.slug)' as purpose,
                   (\(newestCode)) as known_code_id, null::timestamptz as ends_at
            where not exists (select from stored)
        ),
        \(SendCode.arms(first: 10)),
        added as (
            insert into factor (account_id, factor_id, practice_id, type, address)
            select $6::uuid, $7::uuid, $1::uuid, $8::text, $9::text
            from sent
            \(replacing)
        ),
        outcome as (
            select \(SendRefusal.word(sent: "sent")),
                   sent.code_id is not null as lasting,
                   \(SendRefusal.columns),
                   added.factor_id,
                   \(SendCode.columns)
            from (values (1)) as always_one_row
            left join ready on true
            \(SendCode.joins)
            left join added on true
        ),
        audited as (
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id)
            select $1::uuid, act.event,
                   case when outcome.word = 'sent' then 'done' else 'refused' end,
                   case when outcome.word = 'sent' then $8::text else outcome.word end,
                   $2::uuid, $6::uuid, act.object_id, $5::uuid
            from outcome
            cross join lateral (values
                ('\(AuditEvent.factorBegun.rawValue)', $7::uuid),
                ('\(AuditEvent.codeSent.rawValue)', outcome.code_id)
            ) as act (event, object_id)
            where outcome.word <> 'overtaken'
              and (act.object_id = $7::uuid or outcome.word = 'sent')
              and not exists (select from stored)
        )
        """

    /// As this request sees it: of parallel ones the others look anew, at what the first has spent.
    static let newestCode = """
        select code_subject.newest_code_id
                    from code_subject
                    where code_subject.practice_id = $1::uuid
                      and code_subject.subject_id = $6::uuid
                      and code_subject.purpose = '\(CodePurpose.factor.slug)'
        """

    /// The pending factor of a type gives way to a new one.
    static let replacing = """
        on conflict (account_id, type) where activated_at is null do update
            set factor_id = excluded.factor_id,
                practice_id = excluded.practice_id,
                address = excluded.address,
                secret = excluded.secret,
                last_step = null,
                failures = 0,
                blocked_until = null,
                created_at = clock_timestamp(),
                disabled_at = null
            returning factor_id
        """

    var ownParameters: [Parameter] {
        [
            .uuid(account), .uuid(factor.id), .text(factor.type.rawValue),
            // A mailbox's address stands at its contact.
            factor.type == .sms ? factor.address.map(Parameter.text) ?? .null : .null,
        ] + code.parameters
    }

    static func outcome(_ row: Row) throws -> Outcome {
        if let refusal = try SendRefusal(row) { return .refused(refusal) }
        guard try row.text("word") == "sent" else { return .overtaken }
        return .sent(factorID: try row.uuid("factor_id"), try SentCode(row))
    }
}
