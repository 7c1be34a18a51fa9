import Foundation
import Postgres

/// Spends one guess on a recovery's code; the right one becomes a proof, or proves the number or mailbox
/// that is to take a lost one's place.
///
/// Rows are locked in the order subject, code, recovery.
struct VerifyContact: IdempotentStatement {
    let act: Act
    let guess: GuessCode

    var subject: UUID? { guess.flowID }

    enum Outcome: Sendable {
        case accepted
        case refused(GuessRefusal)
    }

    static let arms = """
        flow as (  -- 1. The recovery, as this caller may see it.
            select recovery.recovery_id as flow_id, recovery.subject_id,
                   '\(CodePurpose.recovery.slug)' as purpose,
                   recovery.done_at is not null as done,
                   recovery.ended_at is not null
                       or recovery.expires_at <= clock_timestamp() as ended
            from recovery
            where recovery.practice_id = $1::uuid
              and recovery.recovery_id = $6::uuid
              and recovery.client_id = $2::uuid
              and not exists (select from stored)
        ),
        \(GuessCode.arms),
        shown as (  -- 2. What the right code is worth.
            update recovery
            set proofs = case
                    when recovery.awaited is null
                        or recovery.proofs @> jsonb_build_array(
                            jsonb_build_object('class', recovery.awaited -> 'class'))
                    then recovery.proofs
                    else recovery.proofs || (
                        recovery.awaited || jsonb_build_object('at', clock_timestamp()))
                end,
                new_number_proven_at = case
                    when recovery.awaited is null and asked.channel = 'sms'
                    then clock_timestamp()
                    else recovery.new_number_proven_at
                end,
                new_mailbox_proven_at = case
                    when recovery.awaited is null and asked.channel = 'email'
                    then clock_timestamp()
                    else recovery.new_mailbox_proven_at
                end
            from attempted, asked
            where recovery.practice_id = $1::uuid
              and recovery.recovery_id = $6::uuid
              and recovery.account_id is not null
              and recovery.done_at is null
              and recovery.ended_at is null
              and attempted.matched
              and attempted.alive
            returning recovery.recovery_id, recovery.account_id
        ),
        outcome as (
            select decided.*, decided.word \(GuessCode.lasting) as lasting
            from (
                select \(GuessCode.word(accepted: "shown.recovery_id is not null")),
                       \(GuessCode.columns()),
                       shown.account_id
                from (values (1)) as always_one_row
                \(GuessCode.joins)
                left join shown on true
            ) as decided
        ),
        audited as (  -- 3. A right one; wrong ones of nobody would fill the log.
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.recoveryProofShown.rawValue)', 'done', asked.channel,
                   $2::uuid, outcome.account_id, $6::uuid, $5::uuid
            from outcome, asked
            where outcome.word = 'accepted'
        )
        """

    var ownParameters: [Parameter] { guess.parameters }

    static func outcome(_ row: Row) throws -> Outcome {
        try GuessRefusal(row).map(Outcome.refused) ?? .accepted
    }
}
