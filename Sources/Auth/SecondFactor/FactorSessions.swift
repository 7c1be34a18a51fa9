/// What a new factor does to the session that it rests on and to its account, in the same commit.
enum FactorSessions {
    /// The arm `waiting`: what is bound while a recovery may still be undone carries no sensitive act
    /// before that time is over either (Z-2).
    ///
    /// - Parameter change: an arm with one row where a factor was activated, else none.
    static func waitingArm(after change: String, account: String, factor: String) -> String {
        """
        waiting as (
                update account
                set recovered_by = account.recovered_by || \(factor)::uuid
                from \(change)
                where account.account_id = \(account)::uuid
                  and account.recovered_at
                      > clock_timestamp() - \(RecoveryLimits.wait)
                returning account.account_id
            )
        """
    }

    /// The arm `mine`, in which the session that goes on has the step behind it (AC-7).
    ///
    /// - Parameter change: an arm with one row (`type`) where a factor was activated, else none.
    static func mineArm(after change: String, session: String) -> String {
        """
        mine as (  -- A phone or an app was what policy wanted.
                update session
                set steps = array_remove(session.steps, '\(LoginPlan.Step.addFactor.rawValue)')
                from \(change)
                where session.practice_id = $1::uuid
                  and session.session_id = \(session)::uuid
                  and session.ended_at is null
                  and \(change).type <> '\(Factor.Kind.email.rawValue)'
                returning session.session_id
            )
        """
    }
}
