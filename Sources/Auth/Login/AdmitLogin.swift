import Foundation
import Postgres

/// Counts a try before the password is looked at, and finds whose password it would be.
///
/// A try counts as a failure until the password turns out right, so that parallel tries can't pass
/// the limits together. A wait that the caller sees depends on what was typed and the network alone
/// (Z-20); the account's own totals refuse silently, as `refused`.
struct AdmitLogin: Statement {
    let attempt: LoginAttempt
    let emailCodes: Bool

    var subject: UUID? { attempt.subject }

    enum Outcome: Sendable {
        case admitted(Candidate)
        /// No such account, or one that must look like it: the caller hashes all the same.
        case refused(Candidate?, reason: String)
        /// The account is for the audit alone.
        case throttled(until: Date, account: UUID?)
    }

    static let sql = """
        with \(Act.storedArm),
        \(LoginAttempt.foundArm(nationalNumber: "$12", customerNumber: "$13")),
        known as (  -- Whether its owner was at this network lately: by a sign-in, or by a pass (Z-12).
            select found.account_id
            from found
            where exists (
                select from session
                where session.practice_id = $1::uuid
                  and session.account_id = found.account_id
                  and session.network_key = any ($8::bytea[])
                  and session.created_at
                      > clock_timestamp() - interval '\(LoginLimits.knownNetworkDays) days'
                  and not session.proofs @> '[{"method": "\(Proof.Method.device.rawValue)"}]')
               or exists (
                select from login_pass
                where login_pass.practice_id = $1::uuid
                  and login_pass.account_id = found.account_id
                  and login_pass.network_key = any ($8::bytea[])
                  and login_pass.used_at is not null
                  and login_pass.expires_at > clock_timestamp())
        ),
        pressed as (  -- What failed of this client and of the whole practice lately (Z-20).
            select coalesce(
                       sum(login_failure.failures) filter (
                           where login_failure.client_id = $2::uuid),
                       0) as client_failures,
                   coalesce(sum(login_failure.failures), 0) as practice_failures,
                   coalesce(bit_count(bit_or(login_failure.identifiers)), 0) as identifier_bits,
                   min(login_failure.since) + \(networkWindow) as relieved_at
            from login_failure
            where login_failure.practice_id = $1::uuid
              and login_failure.since > clock_timestamp() - \(networkWindow)
        ),
        barred as (  -- At a ceiling only networks go on that the account is known from (Z-12).
            select pressed.relieved_at
            from pressed
            where (pressed.client_failures >= \(LoginLimits.clientFailures)
                   or pressed.practice_failures >= \(LoginLimits.practiceFailures))
              and not exists (select from known)
        ),
        site_charged as (  -- 1. The site: whoever has one has 65,536 networks to choose from.
            -- One that the account is known from has its lane (Z-12): no neighbour shuts it.
            insert into throttle as site
                (practice_id, throttle_key, failures, since, last_failed_at, blocked_until)
            select $1::uuid, $9::bytea, 1, clock_timestamp(), clock_timestamp(), clock_timestamp()
            where $9::bytea is not null
              and not exists (select from stored)
              and not exists (select from barred)
              and not exists (select from known)
              and not exists (  -- A network that is full can't fill its neighbours' site.
                  select from throttle
                  where throttle.practice_id = $1::uuid
                    and throttle.throttle_key = $7::bytea
                    and throttle.failures >= \(LoginLimits.networkFailures)
                    and throttle.since > clock_timestamp() - \(networkWindow))
            \(counting("site", upTo: LoginLimits.siteFailures, in: networkWindow))
        ),
        network_charged as (  -- 2. The network, over all identifiers.
            insert into throttle as network
                (practice_id, throttle_key, failures, since, last_failed_at, blocked_until)
            select $1::uuid, $7::bytea, 1, clock_timestamp(), clock_timestamp(), clock_timestamp()
            where $7::bytea is not null
              and not exists (select from stored)
              and not exists (select from barred)
              and ($9::bytea is null or exists (select from site_charged)
                   or exists (select from known))
            \(counting("network", upTo: LoginLimits.networkFailures, in: networkWindow))
        ),
        charged as (  -- 3. What was typed, from this network: the fifth failure starts a wait.
            insert into throttle as pair
                (practice_id, throttle_key, failures, since, last_failed_at, blocked_until)
            select $1::uuid, $6::bytea, 1, clock_timestamp(), clock_timestamp(), clock_timestamp()
            where not exists (select from stored)
              and not exists (select from barred)
              and ($7::bytea is null or exists (select from network_charged))
            \(waiting("pair"))
        ),
        lane_charged as (  -- 4. A known network has a lane of its own, so that no stranger fills it.
            insert into throttle as lane
                (practice_id, throttle_key, failures, since, last_failed_at, blocked_until)
            select $1::uuid, \(Self.laneKey("known.account_id")), 1, clock_timestamp(),
                   clock_timestamp(), clock_timestamp()
            from known, charged
            \(counting("lane", upTo: LoginLimits.knownNetworkFailures, in: "interval '1 hour'"))
        ),
        strange_charged as (  -- 5. All other networks share the account's total of a day (Z-20).
            update account
            set strange_failures = case
                    when account.strange_since <= clock_timestamp() - \(strangeWindow) then 1
                    else account.strange_failures + 1
                end,
                strange_since = case
                    when account.strange_failures = 0
                        or account.strange_since <= clock_timestamp() - \(strangeWindow)
                    then clock_timestamp()
                    else account.strange_since
                end
            from found, charged
            where account.account_id = found.account_id
              and not exists (select from known)
              and (account.strange_since <= clock_timestamp() - \(strangeWindow)
                   or account.strange_failures < \(LoginLimits.strangeFailures))
            returning account.account_id, account.strange_failures
        ),
        presented as (  -- 6. Where those are refused, the owner's pass has a few tries of its own.
            update login_pass
            set guesses_left = login_pass.guesses_left - 1
            from found, charged
            where login_pass.practice_id = $1::uuid
              and login_pass.account_id = found.account_id
              and login_pass.pass_hash = $11::bytea
              and login_pass.used_at is null
              and login_pass.expires_at > clock_timestamp()
              and login_pass.guesses_left > 0
              and not exists (select from known)
              and not exists (select from strange_charged)
            returning login_pass.account_id
        ),
        candidate as (
            select account.account_id, account.password, account.locale,
                   account.disabled_at is not null as disabled, account.password_change_due,
                   exists (select from known) as from_known_network,
                   exists (select from presented) as by_pass,
                   not exists (select from known)
                       and coalesce(
                           (select strange_charged.strange_failures from strange_charged),
                           \(LoginLimits.strangeFailures)) >= \(LoginLimits.strangeFailures)
                       and (account.pass_sent_at is null
                            or account.pass_sent_at <= clock_timestamp() - \(strangeWindow))
                       as pass_is_due,
                   \(Consents.areDue(for: "account.account_id")) as documents_are_due,
                   exists (
                       select from recovery_pin
                       where recovery_pin.practice_id = $1::uuid
                         and recovery_pin.account_id = account.account_id
                         and recovery_pin.activated_at is not null
                         and recovery_pin.ended_at is null) as has_super_pin,
                   \(Factor.isBound("account.account_id")) as is_bound,
                   exists (
                       select from recovery_codes
                       where recovery_codes.account_id = account.account_id
                         and cardinality(recovery_codes.hashes) > 0
                         and \(RecoveredAccess.takes(
                             "recovery_codes.set_id", since: "recovery_codes.created_at",
                             of: "account"))) as has_recovery_codes,
                   (select contact.address
                    from contact
                    where contact.account_id = account.account_id
                      and contact.kind = 'email'
                      and contact.confirmed_at is not null
                    order by contact.created_at, contact.contact_id
                    limit 1) as mailbox,
                   \(Factor.column(of: "account.account_id", emailCodes: "$10"))
            from found
            join account using (account_id)
        ),
        waiting as (  -- Until when, for the caller that is refused.
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
                   and throttle.failures >= \(LoginLimits.networkFailures)
                   or throttle.throttle_key = $9::bytea
                   and throttle.failures >= \(LoginLimits.siteFailures)
                   and not exists (select from known))
        )
        select case
                   when stored.outcome is not null then 'stored'
                   when charged.throttle_key is null then 'throttled'
                   when candidate.account_id is null then 'unknown'
                   when lane_charged.throttle_key is null and strange_charged.account_id is null
                       and presented.account_id is null
                   then 'over-limit'
                   else 'admitted'
               end as word,
               greatest(
                   waiting.retry_at, barred.relieved_at,
                   clock_timestamp() + interval '1 second'
               ) as retry_at,
               coalesce(waiting.retry_at, barred.relieved_at) is null as retry_unsure,
               pressed.client_failures, pressed.practice_failures, pressed.identifier_bits,
               candidate.*, \(Act.storedColumns), $nonce as nonce
        from (values (1)) as always_one_row
        left join stored on true
        left join charged on true
        left join lane_charged on true
        left join strange_charged on true
        left join presented on true
        left join candidate on true
        left join waiting on true
        left join pressed on true
        left join barred on true
        """

    private static let networkWindow = "interval '\(LoginLimits.networkWindowMinutes) minutes'"
    static let strangeWindow = "interval '\(LoginLimits.strangeHours) hours'"

    /// Counts one failure more unless a wait is on; from the fifth on each starts one, twice as long as
    /// the one before (Z-20).
    static func waiting(_ row: String) -> String {
        let forgotten = """
            \(row).last_failed_at
                        <= clock_timestamp() - interval '\(LoginLimits.forgottenAfterHours) hours'
            """
        return """
            on conflict (practice_id, throttle_key) do update
                set failures = case when \(forgotten) then 1 else \(row).failures + 1 end,
                    last_failed_at = clock_timestamp(),
                    blocked_until = clock_timestamp() + case
                        when \(forgotten) or \(row).failures + 1 < \(LoginLimits.freeTries)
                        then interval '0'
                        else least(
                            \(LoginLimits.longestWaitSeconds),
                            \(LoginLimits.firstWaitSeconds)
                                * 2 ^ least(20, \(row).failures + 1 - \(LoginLimits.freeTries))
                        ) * interval '1 second'
                    end
                where \(row).blocked_until <= clock_timestamp()
                returning throttle_key
            """
    }

    /// Counts one failure more of a window that begins with its first, unless the window is full.
    static func counting(
        _ row: String, upTo limit: Int, in window: String
    ) -> String {
        """
        on conflict (practice_id, throttle_key) do update
            set failures = case
                    when \(row).since <= clock_timestamp() - \(window) then 1
                    else \(row).failures + 1
                end,
                since = case
                    when \(row).since <= clock_timestamp() - \(window) then clock_timestamp()
                    else \(row).since
                end,
                last_failed_at = clock_timestamp()
            where \(row).since <= clock_timestamp() - \(window)
               or \(row).failures < \(limit)
            returning throttle_key
        """
    }

    /// The arm that locks a try's counters in the order in which ``AdmitLogin`` does, the widest first.
    static func lockedArm(site: String, network: String, pair: String, lane: String) -> String {
        """
        locked as (  -- In the order of the arms that count.
                select throttle.throttle_key
                from throttle
                where throttle.practice_id = $1::uuid
                  and throttle.throttle_key in (\(site), \(network), \(pair), \(lane))
                order by array_position(
                    array[\(site), \(network), \(pair)], throttle.throttle_key) nulls last
                for update
            )
        """
    }

    /// The counter of an account's tries from a known network; `$8` are the network's keys, the current
    /// one first.
    static func laneKey(_ account: String) -> String {
        "sha256(($8::bytea[])[1] || uuid_send(\(account)))"
    }

    var parameters: [Parameter] {
        attempt.parameters + [
            .bool(emailCodes), attempt.passHash.map(Parameter.bytes) ?? .null,
            attempt.numberIndexes.map(Parameter.byteArrays) ?? .null,
            attempt.customerNumber.map { .text($0.digits) } ?? .null,
        ]
    }

    static func decode(_ rows: [Row]) throws -> Answered<LoginBegun> {
        guard let row = rows.first else { throw PostgresError.undecodable(name) }
        if let stored = try Act.answered(row, decode: { try LoginBegun.again($0) }) {
            return stored
        }
        return .now(.first(try outcome(row), try LoginPressure(row)))
    }

    private static func outcome(_ row: Row) throws -> Outcome {
        switch try row.text("word") {
        case "throttled":
            // Where a parallel try started the wait, this statement's snapshot does not show it.
            let wait = try row.bool("retry_unsure") ? LoginLimits.firstWaitSeconds : 0
            return .throttled(
                until: try row.instant("retry_at").addingTimeInterval(Double(wait)),
                account: try row.uuidIfPresent("account_id"))
        case "unknown": return .refused(nil, reason: "identifier-unknown")
        case "over-limit": return .refused(try Candidate(row), reason: "account-over-limit")
        case "admitted": return .admitted(try Candidate(row))
        default: throw PostgresError.undecodable("word")
        }
    }
}

/// How a request to sign in goes on: for the first time, or with the answer that it had before.
enum LoginBegun: Sendable {
    case first(AdmitLogin.Outcome, LoginPressure)
    case started(StartLogin.Outcome)
    case remembered(StartRememberedLogin.Outcome)
    case refused

    /// Whichever statement ended the request has stored its outcome.
    static func again(_ row: Row) throws -> LoginBegun {
        switch try row.text("word") {
        case RefuseLogin.word: .refused
        case StartRememberedLogin.completedWord, StartRememberedLogin.startedWord:
            .remembered(try StartRememberedLogin.outcome(row))
        default: .started(try StartLogin.outcome(row))
        }
    }
}
