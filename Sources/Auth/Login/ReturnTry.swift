import Foundation
import Postgres

/// Takes back a try whose password nobody looked at, since there was no room to or the caller had
/// gone: whoever meets an overload is no nearer to a wait, a stranger's flood no nearer to a lock.
///
/// Nothing is learned from such a try, so nobody gains by it. Only a try that ``AdmitLogin`` said it
/// admitted is taken back: one whose commit is unknown may never have been counted.
struct ReturnTry: Statement {
    let attempt: LoginAttempt
    /// Whose lane or total was charged too; nil where that of nobody was.
    let candidate: AdmitLogin.Candidate?

    var subject: UUID? { attempt.subject }

    static let sql = """
        with \(AdmitLogin.lockedArm(
            site: "$4::bytea", network: "$3::bytea", pair: "$2::bytea", lane: lane)),
        returned as (  -- 1. What was typed, its network and site, or a known network's lane.
            update throttle
            set failures = greatest(0, failures - 1),
                blocked_until = least(blocked_until, clock_timestamp())
            where throttle.practice_id = $1::uuid
              and throttle.throttle_key in ($2::bytea, $3::bytea, $4::bytea, \(lane))
              and (select count(*) from locked) > 0
            returning throttle_key
        ),
        restored as (  -- 2. The account's total of strangers.
            update account
            set strange_failures = greatest(0, strange_failures - 1)
            where account.account_id = $7::uuid
            returning account_id
        ),
        given_back as (  -- 3. The pass's try.
            update login_pass
            set guesses_left = least(\(SignInPass.guesses), login_pass.guesses_left + 1)
            where login_pass.practice_id = $1::uuid
              and login_pass.account_id = $8::uuid
              and login_pass.pass_hash = $9::bytea
            returning account_id
        )
        select exists (select from returned) as returned, $nonce as nonce
        """

    private static let lane = "sha256($5::bytea || uuid_send($6::uuid))"

    var parameters: [Parameter] {
        let account = candidate.map { Parameter.uuid($0.accountID) } ?? .null
        let isKnown = candidate?.fromKnownNetwork ?? false
        let byPass = candidate?.byPass ?? false
        return [
            .uuid(attempt.act.practiceID), .bytes(attempt.pairKey),
            attempt.networkThrottleKey.map(Parameter.bytes) ?? .null,
            isKnown ? .null : attempt.siteThrottleKey.map(Parameter.bytes) ?? .null,
            attempt.networkKey.map(Parameter.bytes) ?? .null,
            isKnown ? account : .null, isKnown || byPass ? .null : account,
            byPass ? account : .null, attempt.passHash.map(Parameter.bytes) ?? .null,
        ]
    }

    static func decode(_ rows: [Row]) throws {}
}

extension LoginRoutes {
    /// A try counts as a failure from its admission on; one that never came to the comparison is
    /// taken back.
    func comparing<Result>(
        _ attempt: LoginAttempt, _ candidate: AdmitLogin.Candidate?,
        _ compare: () async throws -> Result
    ) async throws -> Result {
        do {
            return try await compare()
        } catch {
            // What kept it from the comparison is the answer, also where the count stays.
            _ = try? await database.run(ReturnTry(attempt: attempt, candidate: candidate))
            throw error
        }
    }
}
