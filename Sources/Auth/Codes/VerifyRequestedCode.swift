import Foundation
import Postgres

/// Spends one guess on a code that another system asked for.
struct VerifyRequestedCode: IdempotentStatement {
    let act: Act
    let guess: GuessCode

    var subject: UUID? { guess.flowID }

    enum Outcome: Sendable {
        case accepted
        case refused(GuessRefusal)
    }

    static let arms = """
        flow as (  -- The request, as this caller may see it.
            select code_request.request_id as flow_id, code_request.subject_id,
                   code_request.purpose, false as done, false as ended
            from code_request
            where code_request.practice_id = $1::uuid
              and code_request.request_id = $6::uuid
              and code_request.client_id = $2::uuid
              and not exists (select from stored)
        ),
        \(GuessCode.arms),
        decided as (
            select \(GuessCode.word(accepted: "attempted.matched and attempted.alive")),
                   \(GuessCode.columns())
            from (values (1)) as always_one_row
            \(GuessCode.joins)
        ),
        outcome as (
            select decided.*, decided.word \(GuessCode.lasting) as lasting
            from decided
        ),
        audited as (
            insert into audit
                (practice_id, event, result, reason, client_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.codeGuessed.rawValue)',
                   case when outcome.word = 'accepted' then 'done' else 'refused' end,
                   case when outcome.word = 'accepted' then null else outcome.word end,
                   $2::uuid, $6::uuid, $5::uuid
            from outcome
            where outcome.word not in ('unknown', 'overtaken')
              and not exists (select from stored)
        )
        """

    var ownParameters: [Parameter] { guess.parameters }

    static func outcome(_ row: Row) throws -> Outcome {
        try GuessRefusal(row).map(Outcome.refused) ?? .accepted
    }
}
