import Foundation
import Postgres

/// Spends one try at an app's code in a recovery (RFC 6238); the right one becomes a proof.
///
/// It is the try of a sign-in: the app's wrong codes are counted together, each code works once, be it
/// there or here. Rows are locked in the order recovery, factor.
struct ProveApp: IdempotentStatement {
    let act: Act
    let recovery: Recovery
    let guess: AppGuess

    var subject: UUID? { recovery.subjectID }

    enum Outcome: Sendable {
        case shown
        /// An app is a proof already.
        case repeated
        case refused(ProofRefusal)

        var stopsTheApp: Bool {
            if case .refused(let refusal) = self { refusal.stopsTheApp } else { false }
        }
    }

    static let arms = """
        held as (
            select recovery.recovery_id, recovery.account_id,
                   recovery.proofs @> '[{"class": "\(RecoveryProof.appClass)"}]' as repeated,
                   recovery.done_at is not null or recovery.ended_at is not null
                       or recovery.expires_at <= clock_timestamp() as over
            from recovery
            where recovery.practice_id = $1::uuid
              and recovery.client_id = $2::uuid
              and recovery.recovery_id = $6::uuid
              and not exists (select from stored)
            for update
        ),
        owner as (
            select held.account_id
            from held
            where not held.over
              and not held.repeated
        ),
        \(AppGuess.arms(first: 7, of: "owner", where: "factor.activated_at is not null")),
        shown as (
            update recovery
            set proofs = recovery.proofs || jsonb_build_object(
                    'method', '\(RecoveryProof.Method.totp.rawValue)',
                    'class', '\(RecoveryProof.appClass)', 'id', judged.factor_id,
                    'aged', false, 'at', clock_timestamp())
            from judged
            where judged.word = 'accepted'
              and recovery.practice_id = $1::uuid
              and recovery.recovery_id = $6::uuid
            returning recovery.recovery_id
        ),
        outcome as (
            select case
                       when held.recovery_id is null or held.over then 'ended'
                       when held.repeated then 'repeated'
                       else judged.word
                   end as word,
                   judged.attempts_left, judged.disabled, judged.again_at,
                   shown.recovery_id is not null as lasting
            from judged
            left join held on true
            left join shown on true
        ),
        audited as (
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.recoveryProofShown.rawValue)',
                   case when outcome.word = 'accepted' then 'done' else 'refused' end,
                   '\(RecoveryProof.Method.totp.rawValue)', $2::uuid, held.account_id, $6::uuid,
                   $5::uuid
            from outcome
            cross join held
            where outcome.word <> 'overtaken'
        )
        """

    var ownParameters: [Parameter] { [.uuid(recovery.id)] + guess.parameters }

    static func outcome(_ row: Row) throws -> Outcome {
        if try row.text("word") == "repeated" { return .repeated }
        return try ProofRefusal(row).map(Outcome.refused) ?? .shown
    }
}
