import Foundation
import Postgres

/// Ends all that an account is signed in with or was about to be, in every practice: sessions, logins,
/// their codes, other recoveries and desk codes (S10).
struct EndEveryAccess: Statement {
    let account: UUID
    /// The recovery that does it.
    let recovery: UUID

    static let lane = Lane.ordinary
    static let spansPractices: String? = "an account's sessions end wherever they are"

    static let reason = "recovered"

    static let sql = """
        with place as (
            select membership.practice_id
            from membership
            where membership.account_id = $1::uuid
        ),
        recoveries_ended as (  -- 1. Those that nothing was proved in become nobody's, unnoticed.
            update recovery
            set ended_at = case when recovery.proofs <> '[]' then clock_timestamp() end,
                account_id = case when recovery.proofs <> '[]' then recovery.account_id end
            from place
            where recovery.practice_id = place.practice_id
              and recovery.account_id = $1::uuid
              and recovery.recovery_id <> $2::uuid
              and recovery.done_at is null
              and recovery.ended_at is null
            returning recovery.practice_id, recovery.recovery_id
        ),
        logins_ended as (  -- 2.
            update login
            set ended_at = clock_timestamp()
            from place
            where login.practice_id = place.practice_id
              and login.account_id = $1::uuid
              and login.done_at is null
              and login.ended_at is null
            returning login.practice_id, login.login_id
        ),
        flow as (
            select practice_id, recovery_id as flow_id from recoveries_ended
            union all
            select practice_id, login_id from logins_ended
            union all
            select practice_id, $2::uuid from place
        ),
        codes_voided as (  -- 3. What was sent for them.
            update code
            set voided_at = clock_timestamp()
            from flow
            where code.practice_id = flow.practice_id
              and code.flow_id = flow.flow_id
              and code.used_at is null
              and code.voided_at is null
        ),
        sessions_ended as (  -- 4.
            update session
            set ended_at = clock_timestamp(),
                end_reason = '\(reason)'
            from place
            where session.practice_id = place.practice_id
              and session.account_id = $1::uuid
              and session.ended_at is null
            returning session.session_id
        ),
        desk_codes_ended as (  -- 5.
            update desk_code
            set ended_at = clock_timestamp()
            from place
            where desk_code.practice_id = place.practice_id
              and desk_code.account_id = $1::uuid
              and desk_code.used_at is null
              and desk_code.ended_at is null
        )
        select count(*) as sessions, $nonce as nonce
        from sessions_ended
        """

    var parameters: [Parameter] { [.uuid(account), .uuid(recovery)] }

    static func decode(_ rows: [Row]) throws {}
}
