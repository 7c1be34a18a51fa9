import Foundation
import Postgres

/// A right password takes back what its try and the ones before it were charged; success resets only
/// what was used (R4). The network and its site give back this one try and keep the others.
struct ForgiveFailures: Statement {
    let attempt: LoginAttempt
    let account: UUID

    var subject: UUID? { attempt.subject }

    static let sql = """
        with \(AdmitLogin.lockedArm(
            site: "$6::bytea", network: "$3::bytea", pair: "$2::bytea", lane: lane)),
        refunded as (  -- 1. This one try of the network and of its site.
            update throttle
            set failures = greatest(0, failures - 1)
            where throttle.practice_id = $1::uuid
              and throttle.throttle_key in ($3::bytea, $6::bytea)
              and (select count(*) from locked) > 0
            returning throttle_key
        ),
        forgotten as (  -- 2. What was typed from here, and a known network's lane.
            delete from throttle
            where throttle.practice_id = $1::uuid
              and throttle.throttle_key in ($2::bytea, \(lane))
              and (select count(*) from locked) > 0
            returning throttle_key
        ),
        forgiven as (  -- 3. The account's total of strangers.
            update account
            set strange_failures = 0
            where account.account_id = $5::uuid
              and account.strange_failures > 0
            returning account_id
        ),
        renewed as (  -- 4. Its identifier: under the ring's current key, and in use from now on.
            update identifier
            set value_index = $8::bytea,
                used_at = coalesce(identifier.used_at, clock_timestamp())
            where identifier.practice_id = $1::uuid
              and identifier.value_index = any ($7::bytea[])
              and identifier.account_id = $5::uuid
              and (identifier.used_at is null or identifier.value_index <> $8::bytea)
            returning account_id
        )
        select exists (select from forgotten) as forgotten, $nonce as nonce
        """

    private static let lane = "sha256($4::bytea || uuid_send($5::uuid))"

    var parameters: [Parameter] {
        [
            .uuid(attempt.act.practiceID), .bytes(attempt.pairKey),
            attempt.networkThrottleKey.map(Parameter.bytes) ?? .null,
            attempt.networkKey.map(Parameter.bytes) ?? .null, .uuid(account),
            attempt.siteThrottleKey.map(Parameter.bytes) ?? .null,
            .byteArrays(attempt.identifierIndexes), .bytes(attempt.identifierIndexes[0]),
        ]
    }

    static func decode(_ rows: [Row]) throws {}
}
