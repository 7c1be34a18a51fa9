import Foundation
import Postgres

/// Ends a try at something printed, or at the password: a right one becomes a proof, the last wrong
/// super-PIN is void.
///
/// Rows are locked in the order recovery, super-PIN, desk code, recovery codes.
struct ShowRecoveryProof: IdempotentStatement {
    let act: Act
    let recovery: Recovery
    let shown: Shown

    var subject: UUID? { recovery.subjectID }

    enum Shown: Sendable {
        case pin(RecoveryPIN?, isRight: Bool)
        /// By every key of the ring.
        case deskCode(hashes: [[UInt8]])
        case recoveryCode(hashes: [[UInt8]])
        case password(of: UUID, isRight: Bool)

        var method: RecoveryProof.Method {
            switch self {
            case .pin: .superPIN
            case .deskCode: .deskCode
            case .recoveryCode: .recoveryCode
            case .password: .password
            }
        }
    }

    enum Outcome: Sendable {
        case shown
        /// What is left of the super-PIN, where that is counted.
        case wrong(triesLeft: Int?)
        /// A proof of this class stands already.
        case repeated
        case ended
    }

    static let arms = """
        held as (
            select recovery.recovery_id, recovery.account_id, recovery.proofs,
                   \(AdmitRecoveryProof.hasContactProof) as reached,
                   recovery.done_at is not null or recovery.ended_at is not null
                       or recovery.expires_at <= clock_timestamp() as over
            from recovery
            left join account using (account_id)
            where recovery.practice_id = $1::uuid
              and recovery.client_id = $2::uuid
              and recovery.recovery_id = $6::uuid
              and not exists (select from stored)
            for update of recovery
        ),
        pin_judged as (  -- 1. The super-PIN: its try comes back, or its last one ends it.
            update recovery_pin
            set tries_left = case
                    when held.reached and $8::jsonb is not null
                    then least(10, recovery_pin.tries_left + 1)
                    else recovery_pin.tries_left
                end,
                ended_at = case
                    when $8::jsonb is null and recovery_pin.tries_left = 0
                    then clock_timestamp()
                end
            from held
            where recovery_pin.practice_id = $1::uuid
              and recovery_pin.account_id = held.account_id
              and recovery_pin.pin_id = $7::uuid
              and recovery_pin.ended_at is null
            returning recovery_pin.tries_left, held.reached
        ),
        desk_used as (  -- 2. The desk code; two of one member of staff are one proof.
            update desk_code
            set used_at = clock_timestamp()
            from held
            where desk_code.practice_id = $1::uuid
              and desk_code.account_id = held.account_id
              and desk_code.code_hash = any ($9::bytea[])
              and desk_code.used_at is null
              and desk_code.ended_at is null
              and desk_code.expires_at > clock_timestamp()
              and not held.over
              and not held.proofs @> jsonb_build_array(
                  jsonb_build_object('class', \(deskClass)))
            returning desk_code.desk_code_id, desk_code.acting_staff
        ),
        desk_repeated as (
            select desk_code.desk_code_id
            from held
            join desk_code
                on desk_code.practice_id = $1::uuid
                and desk_code.account_id = held.account_id
            where desk_code.code_hash = any ($9::bytea[])
              and desk_code.used_at is null
              and held.proofs @> jsonb_build_array(jsonb_build_object('class', \(deskClass)))
        ),
        paper_used as (  -- 3. A recovery code, which is used up.
            update recovery_codes
            set hashes = array(
                    select hash
                    from unnest(recovery_codes.hashes) as hash
                    where hash <> all ($10::bytea[])),
                used = recovery_codes.used || array(
                    select hash
                    from unnest(recovery_codes.hashes) as hash
                    where hash = any ($10::bytea[])),
                last_used_at = clock_timestamp()
            from held
            where recovery_codes.account_id = held.account_id
              and recovery_codes.hashes && $10::bytea[]
              and not held.over
              and not held.proofs @> '[{"class": "\(RecoveryProof.paperClass)"}]'
            returning recovery_codes.set_id
        ),
        paper_repeated as (
            select recovery_codes.set_id
            from held
            join recovery_codes on recovery_codes.account_id = held.account_id
            where recovery_codes.hashes && $10::bytea[]
              and held.proofs @> '[{"class": "\(RecoveryProof.paperClass)"}]'
        ),
        proof as (
            select $8::jsonb as proof
            from pin_judged
            where $8::jsonb is not null
            union all
            select jsonb_build_object(
                       'method', '\(RecoveryProof.Method.deskCode.rawValue)',
                       'class', 'desk:' || desk_used.acting_staff,
                       'id', desk_used.desk_code_id, 'aged', false)
            from desk_used
            union all
            select jsonb_build_object(
                       'method', '\(RecoveryProof.Method.recoveryCode.rawValue)',
                       'class', '\(RecoveryProof.paperClass)', 'id', paper_used.set_id,
                       'aged', false)
            from paper_used
            union all
            select $11::jsonb
            where $11::jsonb is not null
        ),
        shown as (  -- 4. A second member of staff makes the change wait (Z-11).
            update recovery
            set proofs = recovery.proofs || (
                    proof.proof || jsonb_build_object('at', clock_timestamp())),
                change_from = case
                    when \(isSecondDesk)
                    then clock_timestamp() + \(RecoveryLimits.wait)
                    else recovery.change_from
                end,
                expires_at = case
                    when \(isSecondDesk)
                    then clock_timestamp() + \(RecoveryLimits.wait)
                        + interval '\(RecoveryLimits.lateHours) hours'
                    else recovery.expires_at
                end
            from held, proof
            where recovery.practice_id = $1::uuid
              and recovery.recovery_id = held.recovery_id
              and not held.over
              and not held.proofs @> jsonb_build_array(
                  jsonb_build_object('class', proof.proof -> 'class'))
            returning recovery.recovery_id
        ),
        outcome as (
            select case
                       when shown.recovery_id is not null then 'shown'
                       when held.recovery_id is null or held.over then 'ended'
                       when proof.proof is not null
                           or exists (select from desk_repeated)
                           or exists (select from paper_repeated) then 'repeated'
                       else 'wrong'
                   end as word,
                   case when pin_judged.reached then pin_judged.tries_left end as tries_left,
                   shown.recovery_id is not null or proof.proof is null as lasting
            from (values (1)) as always_one_row
            left join held on true
            left join pin_judged on true
            left join proof on true
            left join shown on true
        ),
        audited as (  -- 5. Of somebody; with who vouched.
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id,
                 acting_staff)
            select $1::uuid, '\(AuditEvent.recoveryProofShown.rawValue)',
                   case when outcome.word = 'shown' then 'done' else 'refused' end,
                   $12::text,
                   $2::uuid, held.account_id, $6::uuid, $5::uuid, desk_used.acting_staff
            from outcome
            cross join held
            left join desk_used on true
            where held.account_id is not null
        )
        """

    private static let deskClass = "'desk:' || desk_code.acting_staff"
    private static let isSecondDesk = """
        proof.proof ->> 'method' = '\(RecoveryProof.Method.deskCode.rawValue)'
                        and held.proofs @> '[{"method": "\(RecoveryProof.Method.deskCode.rawValue)"}]'
        """

    var ownParameters: [Parameter] {
        let own: [Parameter] =
            switch shown {
            case .pin(let pin, let isRight):
                [
                    (pin?.id).map(Parameter.uuid) ?? .null,
                    isRight ? pin.map { .json($0.proof.value.text) } ?? .null : .null, .null,
                    .null, .null,
                ]
            case .deskCode(let hashes): [.null, .null, .byteArrays(hashes), .null, .null]
            case .recoveryCode(let hashes): [.null, .null, .null, .byteArrays(hashes), .null]
            case .password(let account, let isRight):
                [
                    .null, .null, .null, .null,
                    isRight ? .json(RecoveryProof.password(of: account).value.text) : .null,
                ]
            }
        return [.uuid(recovery.id)] + own + [.text(shown.method.rawValue)]
    }

    static func outcome(_ row: Row) throws -> Outcome {
        switch try row.text("word") {
        case "shown": return .shown
        case "repeated": return .repeated
        case "wrong": return .wrong(triesLeft: try row.intIfPresent("tries_left"))
        default: return .ended
        }
    }
}
