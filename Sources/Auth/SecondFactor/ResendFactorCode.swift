import Foundation
import Postgres

/// Sends a pending factor a fresh code; the older one is void.
struct ResendFactorCode: IdempotentStatement {
    let act: Act
    let account: UUID
    let factorID: UUID
    let code: SendCode

    var subject: UUID? { account }

    enum Outcome: Sendable {
        case sent(SentCode)
        case refused(SendRefusal)
        case tooSoon(until: Date)
        /// It is no longer pending.
        case gone
        case overtaken
    }

    static let arms = """
        standing as (  -- The factor and its newest code.
            select factor.account_id, code.code_id, code.resend_at,
                   code.code_id is null or code.resend_at <= clock_timestamp() as due
            from factor
            left join lateral (
                select code.code_id, code.resend_at
                from code
                where code.practice_id = $1::uuid
                  and code.flow_id = factor.factor_id
                order by code.sent_at desc
                limit 1
            ) as code on true
            where factor.account_id = $6::uuid
              and factor.factor_id = $7::uuid
              and factor.activated_at is null
              and not exists (select from stored)
        ),
        asked as (
            select standing.account_id as subject_id, '\(CodePurpose.factor.slug)' as purpose,
                   (\(AddSentFactor.newestCode)) as known_code_id, null::timestamptz as ends_at
            from standing
            where standing.due
        ),
        \(SendCode.arms(first: 8)),
        outcome as (
            select case
                       when standing.account_id is null then 'gone'
                       when not standing.due then 'too-soon'
                       else decided.word
                   end as word,
                   sent.code_id is not null as lasting,
                   standing.resend_at as due_at,
                   \(SendRefusal.columns),
                   \(SendCode.columns)
            from (values (1)) as always_one_row
            left join standing on true
            left join ready on true
            \(SendCode.joins)
            cross join lateral (select \(SendRefusal.word(sent: "sent"))) as decided
        ),
        audited as (
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.codeSent.rawValue)',
                   case when outcome.word = 'sent' then 'done' else 'refused' end,
                   case when outcome.word = 'sent' then null else outcome.word end,
                   $2::uuid, $6::uuid, coalesce(outcome.code_id, $7::uuid), $5::uuid
            from outcome
            where outcome.word <> 'overtaken'
              and not exists (select from stored)
        )
        """

    var ownParameters: [Parameter] {
        [.uuid(account), .uuid(factorID)] + code.parameters
    }

    static func outcome(_ row: Row) throws -> Outcome {
        if let refusal = try SendRefusal(row) { return .refused(refusal) }
        switch try row.text("word") {
        case "sent": return .sent(try SentCode(row))
        case "too-soon": return .tooSoon(until: try row.instant("due_at"))
        case "gone": return .gone
        default: return .overtaken
        }
    }
}
