import Foundation
import Postgres

/// Writes down a refusal. The try was counted when it was admitted, so nothing else changes.
///
/// A refusal that names no account would let a stranger fill the audit log: those are counted by
/// minute and network (Z-30). So would one while a wait is on, which costs nothing: those are counted
/// too, and an account has one row a minute of them. The one that closes an account to unknown networks
/// mails its owner a pass, in the same commit (Z-20).
struct RefuseLogin: IdempotentStatement {
    let attempt: LoginAttempt
    let account: UUID?
    let reason: String
    /// A wait ends; the same request is then worth asking again (Z-24).
    let lasting: Bool
    /// The row of the client's failures that this instance counts in.
    let slice: Int
    /// For the account's owner; nil where none is due.
    var pass: SendPass?

    var act: Act { attempt.act }
    var subject: UUID? { attempt.subject }

    static let word = "refused"
    /// The reason of a refusal while a wait is on.
    static let throttled = "throttled"

    static let arms = """
        tallied as (  -- 1. Nobody's account, or a wait: one row for each minute and network.
            insert into refusal (practice_id, minute, network_key, reason, refusals)
            select $1::uuid, date_trunc('minute', clock_timestamp()),
                   coalesce($7::bytea, ''::bytea), $8::text, 1
            where ($6::uuid is null or $8::text = '\(throttled)')
              and not exists (select from stored)
            on conflict (practice_id, minute, network_key, reason) do update
            set refusals = refusal.refusals + 1
            returning refusals
        ),
        audited as (  -- 2. Somebody's: a row of its own.
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, request_id)
            select $1::uuid, '\(AuditEvent.loginRefused.rawValue)', 'refused', $8::text, $2::uuid,
                   $6::uuid, $5::uuid
            where $6::uuid is not null
              and not exists (select from stored)
              and ($8::text <> '\(throttled)' or not exists (
                  select from audit as earlier
                  where earlier.practice_id = $1::uuid
                    and earlier.account_id = $6::uuid
                    and earlier.happened_at
                        > (select clock_timestamp() - interval '1 minute')
                    and earlier.reason = '\(throttled)'))
            returning audit_id
        ),
        failed as (  -- 3. The client's failures; a wait counts for none.
            insert into login_failure as failed
                (practice_id, client_id, slice, since, failures, identifiers)
            select $1::uuid, $2::uuid, $10::int8, clock_timestamp(), 1,
                   set_bit(0::bit(\(LoginPressure.places)), $11::int8::int4, 1)
            where $9::bool and not exists (select from stored)
            on conflict (practice_id, client_id, slice) do update
            set failures = case when \(isOver) then 1 else failed.failures + 1 end,
                identifiers = case
                    when \(isOver) then excluded.identifiers
                    else failed.identifiers | excluded.identifiers
                end,
                since = case when \(isOver) then clock_timestamp() else failed.since end
            returning slice
        ),
        \(SendPass.arms(first: 12)),
        outcome as (
            select '\(word)' as word, $9::bool as lasting
        )
        """

    private static let isOver = """
        failed.since <= clock_timestamp() - interval '\(LoginLimits.networkWindowMinutes) minutes'
        """

    var ownParameters: [Parameter] {
        [
            account.map(Parameter.uuid) ?? .null, attempt.networkKey.map(Parameter.bytes) ?? .null,
            .text(reason), .bool(lasting), .int(slice),
            .int(LoginPressure.place(of: attempt.identifierIndexes[0])),
        ] + SendPass.parameters(of: pass)
    }

    static func outcome(_ row: Row) throws {}
}
