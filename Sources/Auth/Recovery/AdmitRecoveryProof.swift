import Foundation
import Postgres

/// Counts a try at something printed before anything is compared, and finds the super-PIN.
///
/// Before a code was right only the network is counted, so that nobody can use up an owner's tries;
/// after it each try counts against the super-PIN itself (Z-4). Codes of the desk and on paper, of which
/// a guesser has millions of years' worth, are always slowed by network.
struct AdmitRecoveryProof: Statement {
    let act: Act
    let recovery: Recovery
    /// Of the network; of what was typed where the caller did not tell one (Z-12).
    let throttleKey: [UInt8]
    let isPIN: Bool

    var subject: UUID? { recovery.subjectID }

    enum Outcome: Sendable {
        case admitted(RecoveryPIN?)
        case throttled(until: Date)
        case ended
        /// This very request was answered before.
        case before(ShowRecoveryProof.Outcome)
    }

    static let sql = """
        with \(Act.storedArm),
        standing as (
            select recovery.account_id, \(hasContactProof) as reached
            from recovery
            left join account using (account_id)
            where recovery.practice_id = $1::uuid
              and recovery.client_id = $2::uuid
              and recovery.recovery_id = $5::uuid
              and recovery.done_at is null
              and recovery.ended_at is null
              and recovery.expires_at > clock_timestamp()
              and not exists (select from stored)
        ),
        network_charged as (  -- 1. The network, over all recoveries.
            insert into throttle as network
                (practice_id, throttle_key, failures, since, last_failed_at, blocked_until)
            select $1::uuid, $6::bytea, 1, clock_timestamp(), clock_timestamp(), clock_timestamp()
            from standing
            where not standing.reached or not $7::bool
            \(AdmitLogin.counting(
                "network", upTo: RecoveryLimits.triesPerNetwork, in: "interval '1 hour'"))
        ),
        pin_charged as (  -- 2. The super-PIN, once the person was reached.
            update recovery_pin
            set tries_left = recovery_pin.tries_left - 1
            from standing
            where standing.reached
              and $7::bool
              and recovery_pin.practice_id = $1::uuid
              and recovery_pin.account_id = standing.account_id
              and recovery_pin.activated_at is not null
              and recovery_pin.ended_at is null
              and recovery_pin.tries_left > 0
            returning recovery_pin.pin_id, recovery_pin.hash
        ),
        pin as (
            select pin_charged.pin_id, pin_charged.hash
            from pin_charged
            union all
            select recovery_pin.pin_id, recovery_pin.hash
            from standing
            join recovery_pin
                on recovery_pin.practice_id = $1::uuid
                and recovery_pin.account_id = standing.account_id
            where not standing.reached
              and $7::bool
              and recovery_pin.activated_at is not null
              and recovery_pin.ended_at is null
        ),
        waiting as (
            select throttle.since + interval '1 hour' as retry_at
            from throttle
            where throttle.practice_id = $1::uuid
              and throttle.throttle_key = $6::bytea
        )
        select case
                   when stored.outcome is not null then 'stored'
                   when standing.reached is null then 'ended'
                   when (not standing.reached or not $7::bool)
                       and network_charged.throttle_key is null
                   then 'throttled'
                   else 'admitted'
               end as word,
               coalesce(waiting.retry_at, clock_timestamp() + interval '1 hour') as retry_at,
               pin.pin_id, pin.hash, \(Act.storedColumns), $nonce as nonce
        from (values (1)) as always_one_row
        left join stored on true
        left join standing on true
        left join network_charged on true
        left join pin on true
        left join waiting on true
        """

    /// Whether a code to a mailbox or a phone was right, of `recovery` and its `account`. Whoever changed
    /// either before the owner froze the account has reached nobody.
    static let hasContactProof = """
        exists (
                       select from jsonb_array_elements(recovery.proofs) as proof
                       where proof ->> 'method' in ('email', 'sms')
                         and not \(RecoveryProof.isSuspect(of: "account")))
        """

    var parameters: [Parameter] {
        act.parameters.dropLast() + [.uuid(recovery.id), .bytes(throttleKey), .bool(isPIN)]
    }

    static func decode(_ rows: [Row]) throws -> Answered<Outcome> {
        guard let row = rows.first else { throw PostgresError.undecodable(name) }
        if let stored = try Act.answered(
            row, decode: { Outcome.before(try ShowRecoveryProof.outcome($0)) })
        {
            return stored
        }
        switch try row.text("word") {
        case "admitted": return .now(.admitted(try RecoveryPIN(row)))
        case "throttled": return .now(.throttled(until: try row.instant("retry_at")))
        default: return .now(.ended)
        }
    }
}
