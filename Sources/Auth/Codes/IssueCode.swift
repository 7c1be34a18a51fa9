import Foundation
import Postgres

/// Makes a code for another system, with its message, in one commit; a newer one of the same client,
/// subject and purpose supersedes the older (Z-19).
struct IssueCode: IdempotentStatement {
    let act: Act
    let requestID: UUID
    /// By every key of the ring, the current one first.
    let subjectIDs: [UUID]
    let purpose: CodePurpose
    let account: UUID?
    let sealedDestination: [UInt8]
    let code: SendCode

    var subject: UUID? { subjectIDs[0] }

    enum Outcome: Sendable {
        case sent(requestID: UUID, SentCode)
        case refused(SendRefusal)
        case overtaken
    }

    /// The code's parameters come after those of the request.
    private static let firstOfCode = 13

    static let arms = """
        asked as (
            -- Whoever had a code before the ring's key changed: that one is superseded too.
            select coalesce(
                       (
                           select code_subject.subject_id
                           from code_subject
                           where code_subject.practice_id = $1::uuid
                             and code_subject.subject_id = any ($7::uuid[])
                             and code_subject.purpose = $8::text
                           order by code_subject.newest_sent_at desc
                           limit 1),
                       ($7::uuid[])[1]) as subject_id,
                   $8::text as purpose, null::uuid as known_code_id,
                   null::timestamptz as ends_at
            where not exists (select from stored)
        ),
        \(SendCode.arms(first: firstOfCode)),
        requested as (
            insert into code_request
                (practice_id, request_id, client_id, subject_id, purpose, account_id, destination,
                 locale, digits, lifetime_seconds)
            select $1::uuid, $6::uuid, $2::uuid, asked.subject_id, $8::text, $9::uuid, $10::bytea,
                   $11::text, \(SendCode.parameter(.digits, first: firstOfCode))::int8,
                   $12::int8
            from sent, asked
            returning request_id
        ),
        outcome as (
            select \(SendRefusal.word(sent: "sent")),
                   sent.code_id is not null as lasting,
                   \(SendRefusal.columns),
                   requested.request_id,
                   \(SendCode.columns)
            from (values (1)) as always_one_row
            left join ready on true
            \(SendCode.joins)
            left join requested on true
        ),
        audited as (
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.codeSent.rawValue)',
                   case when outcome.word = 'sent' then 'done' else 'refused' end,
                   case when outcome.word = 'sent' then null else outcome.word end,
                   $2::uuid, $9::uuid, $6::uuid, $5::uuid
            from outcome
            where outcome.word <> 'overtaken'
              and not exists (select from stored)
        )
        """

    var ownParameters: [Parameter] {
        [
            .uuid(requestID), .uuids(subjectIDs), .text(purpose.slug),
            account.map(Parameter.uuid) ?? .null, .bytes(sealedDestination),
            .text(code.locale.rawValue), .int(code.lifetime),
        ] + code.parameters
    }

    static func outcome(_ row: Row) throws -> Outcome {
        if let refusal = try SendRefusal(row) { return .refused(refusal) }
        guard try row.text("word") == "sent" else { return .overtaken }
        return .sent(requestID: try row.uuid("request_id"), try SentCode(row))
    }
}
