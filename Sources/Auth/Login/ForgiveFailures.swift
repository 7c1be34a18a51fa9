import Foundation
import Postgres

/// A right password takes back what its try and the ones before it were charged; success resets only
/// what was used (R4). The network and its site give back this one try and keep the others.
///
/// A pass that let the try in is used up by it. Of parallel tries with one pass only the first finds
/// it unused; the others forgive nothing.
struct ForgiveFailures: Statement {
    let attempt: LoginAttempt
    let candidate: AdmitLogin.Candidate

    var subject: UUID? { attempt.subject }

    static let sql = """
        with \(AdmitLogin.lockedArm(
            site: "$6::bytea", network: "$3::bytea", pair: "$2::bytea", lane: lane)),
        spent as (  -- 1. The pass.
            update login_pass
            set used_at = clock_timestamp(),
                network_key = $4::bytea
            where login_pass.practice_id = $1::uuid
              and login_pass.account_id = $5::uuid
              and login_pass.pass_hash = $8::bytea
              and login_pass.used_at is null
              and (select count(*) from locked) >= 0
            returning login_pass.account_id
        ),
        right_one as (  -- The try that is forgiven.
            select true as is_right
            where $8::bytea is null or exists (select from spent)
        ),
        refunded as (  -- 2. This one try of the network and of its site.
            update throttle
            set failures = greatest(0, failures - 1)
            where throttle.practice_id = $1::uuid
              and throttle.throttle_key in ($3::bytea, $6::bytea)
              and (select count(*) from locked) > 0
              and exists (select from right_one)
            returning throttle_key
        ),
        forgotten as (  -- 3. What was typed from here, and a known network's lane.
            delete from throttle
            where throttle.practice_id = $1::uuid
              and throttle.throttle_key in ($2::bytea, \(lane))
              and (select count(*) from locked) > 0
              and exists (select from right_one)
            returning throttle_key
        ),
        forgiven as (  -- 4. The account's total of strangers.
            update account
            set strange_failures = 0
            where account.account_id = $5::uuid
              and account.strange_failures > 0
              and exists (select from right_one)
            returning account_id
        ),
        taken as (  -- 5. Its identifier is in use from now on.
            update identifier
            set used_at = clock_timestamp()
            where identifier.practice_id = $1::uuid
              and identifier.value_index = any ($7::bytea[])
              and identifier.account_id = $5::uuid
              and identifier.used_at is null
              and exists (select from right_one)
            returning account_id
        ),
        audited as (
            insert into audit (practice_id, event, result, client_id, account_id, request_id)
            select $1::uuid, '\(AuditEvent.passUsed.rawValue)', 'done', $9::uuid,
                   spent.account_id, $10::uuid
            from spent
        )
        select exists (select from right_one) as forgiven, $nonce as nonce
        """

    private static let lane = "sha256($4::bytea || uuid_send($5::uuid))"

    var parameters: [Parameter] {
        [
            .uuid(attempt.act.practiceID), .bytes(attempt.pairKey),
            attempt.networkThrottleKey.map(Parameter.bytes) ?? .null,
            attempt.networkKey.map(Parameter.bytes) ?? .null, .uuid(candidate.accountID),
            candidate.fromKnownNetwork  // Its site was not charged.
                ? .null : attempt.siteThrottleKey.map(Parameter.bytes) ?? .null,
            .byteArrays(attempt.identifierIndexes),
            candidate.byPass ? attempt.passHash.map(Parameter.bytes) ?? .null : .null,
            attempt.act.client, .uuid(attempt.act.requestID),
        ]
    }

    /// False where somebody else was let in by the same pass meanwhile.
    static func decode(_ rows: [Row]) throws -> Bool {
        try rows.first?.bool("forgiven") ?? false
    }
}
