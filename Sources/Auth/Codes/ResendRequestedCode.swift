import Foundation
import Postgres

/// Sends a fresh code of a request; the older one is void.
///
/// Whether the request can have one was seen when it was read; here only a code that nobody sent,
/// used or cancelled meanwhile is superseded. Of two parallel requests one asks again.
struct ResendRequestedCode: IdempotentStatement {
    let act: Act
    let request: CodeRequest
    let code: SendCode

    var subject: UUID? { request.subjectID }

    /// How long after its first code a request may have another.
    static let openMinutes = 30

    enum Outcome: Sendable {
        case sent(SentCode)
        case refused(SendRefusal)
        case tooSoon(until: Date)
        case over
        case overtaken
    }

    static let arms = """
        standing as (  -- The request and its newest code, as this caller may see them.
            select code_request.subject_id, code_request.purpose, code.code_id, code.resend_at,
                   code.used_at is null and code.voided_at is null
                       and code_request.created_at
                           > clock_timestamp() - interval '\(openMinutes) minutes' as open,
                   code.resend_at <= clock_timestamp() or code.channel <> $11::text as due
            from code_request
            join code on code.practice_id = $1::uuid and code.code_id = $7::uuid
            where code_request.practice_id = $1::uuid
              and code_request.request_id = $6::uuid
              and code_request.client_id = $2::uuid
              and code.flow_id = code_request.request_id
              and not exists (select from stored)
        ),
        asked as (
            select standing.subject_id, standing.purpose, standing.code_id as known_code_id,
                   null::timestamptz as ends_at
            from standing
            where standing.open and standing.due
        ),
        \(SendCode.arms(first: 8)),
        outcome as (
            select case
                       when not standing.open then 'over'
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
                (practice_id, event, result, reason, client_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.codeSent.rawValue)',
                   case when outcome.word = 'sent' then 'done' else 'refused' end,
                   case when outcome.word = 'sent' then null else outcome.word end,
                   $2::uuid, $6::uuid, $5::uuid
            from outcome
            where outcome.word <> 'overtaken'
              and not exists (select from stored)
        )
        """

    var ownParameters: [Parameter] {
        [.uuid(request.id), .uuid(request.code.id)] + code.parameters
    }

    static func outcome(_ row: Row) throws -> Outcome {
        if let refusal = try SendRefusal(row) { return .refused(refusal) }
        switch try row.text("word") {
        case "sent": return .sent(try SentCode(row))
        case "too-soon": return .tooSoon(until: try row.instant("due_at"))
        case "over": return .over
        default: return .overtaken
        }
    }
}
