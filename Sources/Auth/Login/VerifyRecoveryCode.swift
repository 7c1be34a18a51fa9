import Foundation
import Postgres

/// Uses up a recovery code.
struct VerifyRecoveryCode: LoginProof, IdempotentStatement {
    let act: Act
    let loginID: UUID
    let session: NewSession
    /// Under each key of the ring.
    let hashes: [[UInt8]]

    static let method = Proof.Method.recoveryCode
    static let provingArms = """
        standing as (  -- The set as this request found it.
            select recovery_codes.account_id, recovery_codes.blocked_until,
                   recovery_codes.used && $10::bytea[] as used_before
            from recovery_codes
            join awaited on awaited.account_id = recovery_codes.account_id
            join account on account.account_id = recovery_codes.account_id
            where \(RecoveredAccess.takes(
                "recovery_codes.set_id", since: "recovery_codes.created_at", of: "account"))
        ),
        attempted as (  -- 2. Typing one again that was used is a mistake, and counts for nothing.
            update recovery_codes
            set hashes = case
                    when recovery_codes.hashes && $10::bytea[] then array(
                        select hash
                        from unnest(recovery_codes.hashes) as hash
                        where hash <> all ($10::bytea[]))
                    when recovery_codes.failures + 1 >= \(FactorLimits.failures) then '{}'
                    else recovery_codes.hashes
                end,
                used = recovery_codes.used || array(
                    select hash
                    from unnest(recovery_codes.hashes) as hash
                    where hash = any ($10::bytea[])),
                failures = case
                    when recovery_codes.hashes && $10::bytea[] then 0
                    else recovery_codes.failures + 1
                end,
                blocked_until = case
                    when not recovery_codes.hashes && $10::bytea[] then
                    \(FactorLimits.nextTry(after: "recovery_codes.failures + 1"))
                end,
                last_used_at = case
                    when recovery_codes.hashes && $10::bytea[] then clock_timestamp()
                    else recovery_codes.last_used_at
                end
            from standing
            where recovery_codes.account_id = standing.account_id
              and (recovery_codes.blocked_until is null
                   or recovery_codes.blocked_until <= clock_timestamp())
              and not recovery_codes.used && $10::bytea[]
            returning recovery_codes.used && $10::bytea[] as matched,
                      cardinality(recovery_codes.hashes) as codes_left
        ),
        judged as (
            select case
                       when attempted.matched then 'accepted'
                       when attempted.matched is not null or standing.account_id is null
                       then 'incorrect'
                       when standing.blocked_until > clock_timestamp() then 'exhausted'
                       when standing.used_before then 'used'
                       else 'overtaken'
                   end as word,
                   null::uuid as factor_id, null::int4 as attempts_left, false as disabled,
                   standing.blocked_until as again_at, attempted.codes_left
            from (values (1)) as always_one_row
            left join standing on true
            left join attempted on true
        )
        """

    var proofParameters: [Parameter] { [.byteArrays(hashes)] }
}
