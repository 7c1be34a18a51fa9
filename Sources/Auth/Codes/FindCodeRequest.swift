import Foundation
import Postgres

/// Where a code of another system stands, and how far its newest message got; only for the client
/// that asked for it (Z-8).
struct FindCodeRequest: Statement {
    let practice: UUID
    let client: UUID
    let requestID: UUID

    static let sql = """
        with found as (
            select code_request.request_id, code_request.purpose, code_request.account_id,
                   code_request.subject_id, code_request.locale, code_request.digits,
                   code_request.lifetime_seconds, code_request.created_at,
                   code_request.destination as sealed_destination,
                   case
                       when code.used_at is not null then 'verified'
                       when code.voided_at is not null then 'cancelled'
                       when code_subject.newest_code_id <> code.code_id then 'superseded'
                       when code.expires_at <= clock_timestamp() then 'expired'
                       when \(SentCode.isExhausted) then 'exhausted'
                       else 'open'
                   end as status,
                   code.code_id, code.used_at, code.channel, code.destination, code.reference,
                   code.sent_at, code.expires_at, code.resend_at,
                   code_subject.newest_sent_at, code_subject.newest_reference,
                   \(SentCode.attemptsLeftColumn),
                   sends.channels,
                   \(SentCode.deliveryColumns)
            from code_request
            join lateral (
                select *
                from code
                where code.practice_id = $1::uuid
                  and code.flow_id = code_request.request_id
                \(SentCode.newestFirst(subject: "code_request.subject_id", purpose: "code_request.purpose"))
                limit 1
            ) as code on true
            join lateral (
                select array_agg(distinct code.channel order by code.channel) as channels
                from code
                where code.practice_id = $1::uuid
                  and code.flow_id = code_request.request_id
            ) as sends on true
            join code_subject
                on code_subject.practice_id = $1::uuid
                and code_subject.subject_id = code_request.subject_id
                and code_subject.purpose = code_request.purpose
            join message
                on message.practice_id = $1::uuid
                and message.code_id = code.code_id
            where code_request.practice_id = $1::uuid
              and code_request.client_id = $2::uuid
              and code_request.request_id = $3::uuid
        )
        select found.*, $nonce as nonce
        from (values (1)) as always_one_row
        left join found on true
        """

    var parameters: [Parameter] { [.uuid(practice), .uuid(client), .uuid(requestID)] }

    static func decode(_ rows: [Row]) throws -> CodeRequest? {
        guard let row = rows.first, try row.uuidIfPresent("request_id") != nil else { return nil }
        return try CodeRequest(row)
    }
}
