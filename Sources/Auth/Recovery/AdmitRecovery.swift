import Cryptography
import Foundation
import Postgres

/// Counts the beginning of a recovery, and finds whose it would be.
///
/// A wait depends on what was typed and the network alone (Z-20), and on no sign-in. Rows are locked in
/// the order network, pair.
struct AdmitRecovery: Statement {
    let attempt: RecoveryAttempt

    var subject: UUID? { attempt.subjectID }

    enum Outcome: Sendable {
        case admitted(Candidate)
        case throttled(until: Date)
        /// This very request was answered before.
        case before(StartRecovery.Started)
    }

    struct Candidate: Sendable {
        /// Nil where nobody can recover by what was typed.
        let accountID: UUID?
        let pin: RecoveryPIN?
    }

    static let sql = """
        with \(Act.storedArm),
        \(LoginAttempt.foundArm(nationalNumber: "$8", customerNumber: "$9")),
        network_charged as (  -- 1. The network, over all identifiers.
            insert into throttle as network
                (practice_id, throttle_key, failures, since, last_failed_at, blocked_until)
            select $1::uuid, $7::bytea, 1, clock_timestamp(), clock_timestamp(), clock_timestamp()
            where $7::bytea is not null
              and not exists (select from stored)
            \(AdmitLogin.counting(
                "network", upTo: RecoveryLimits.startsPerNetwork, in: networkWindow))
        ),
        charged as (  -- 2. What was typed, from this network: the fifth starts a wait.
            insert into throttle as pair
                (practice_id, throttle_key, failures, since, last_failed_at, blocked_until)
            select $1::uuid, $6::bytea, 1, clock_timestamp(), clock_timestamp(), clock_timestamp()
            where not exists (select from stored)
              and ($7::bytea is null or exists (select from network_charged))
            \(AdmitLogin.waiting("pair"))
        ),
        candidate as (  -- Nobody but its owner's freeze is undone by a recovery.
            select account.account_id, recovery_pin.pin_id, recovery_pin.hash
            from found
            join account using (account_id)
            left join recovery_pin
                on recovery_pin.practice_id = $1::uuid
                and recovery_pin.account_id = account.account_id
                and recovery_pin.activated_at is not null
                and recovery_pin.ended_at is null
            where account.disabled_at is null or account.frozen_at is not null
        ),
        waiting as (
            select max(
                case
                    when throttle.throttle_key = $6::bytea then throttle.blocked_until
                    else throttle.since + \(networkWindow)
                end) as retry_at
            from throttle
            where throttle.practice_id = $1::uuid
              and (throttle.throttle_key = $6::bytea
                   and throttle.blocked_until > clock_timestamp()
                   or throttle.throttle_key = $7::bytea
                   and throttle.failures >= \(RecoveryLimits.startsPerNetwork))
        )
        select case
                   when stored.outcome is not null then 'stored'
                   when charged.throttle_key is null then 'throttled'
                   else 'admitted'
               end as word,
               coalesce(
                   waiting.retry_at,
                   -- Where a parallel one started the wait, this snapshot does not show it.
                   clock_timestamp() + interval '\(LoginLimits.firstWaitSeconds) seconds'
               ) as retry_at,
               candidate.account_id, candidate.pin_id, candidate.hash,
               \(Act.storedColumns), $nonce as nonce
        from (values (1)) as always_one_row
        left join stored on true
        left join charged on true
        left join candidate on true
        left join waiting on true
        """

    private static let networkWindow = "interval '\(LoginLimits.networkWindowMinutes) minutes'"

    var parameters: [Parameter] {
        attempt.act.parameters.dropLast() + [
            .byteArrays(attempt.identifierIndexes), .bytes(attempt.pairKey),
            attempt.networkThrottleKey.map(Parameter.bytes) ?? .null,
            attempt.numberIndexes.map(Parameter.byteArrays) ?? .null,
            attempt.customerNumber.map { .text($0.digits) } ?? .null,
        ]
    }

    static func decode(_ rows: [Row]) throws -> Answered<Outcome> {
        guard let row = rows.first else { throw PostgresError.undecodable(name) }
        if let stored = try Act.answered(
            row, decode: { Outcome.before(try StartRecovery.outcome($0)) })
        {
            return stored
        }
        switch try row.text("word") {
        case "throttled": return .now(.throttled(until: try row.instant("retry_at")))
        case "admitted":
            return .now(
                .admitted(
                    Candidate(
                        accountID: try row.uuidIfPresent("account_id"),
                        pin: try RecoveryPIN(row))))
        default: throw PostgresError.undecodable("word")
        }
    }
}
