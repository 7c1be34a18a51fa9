/// What a change of factors does to the account's sessions in its practice, in the same commit: whoever
/// was signed in elsewhere is not any more, and a step that the change was goes.
enum FactorSessions {
    static let endReason = "factor-changed"

    /// The arm `others`, in which the account's other sessions end.
    ///
    /// - Parameters:
    ///   - change: an arm with one row where something was changed, else none.
    ///   - session: the one that goes on, as a parameter.
    static func othersArm(after change: String, account: String, session: String) -> String {
        """
        others as (
                update session
                set ended_at = clock_timestamp(),
                    end_reason = '\(endReason)'
                from \(change)
                where session.practice_id = $1::uuid
                  and session.account_id = \(account)::uuid
                  and session.session_id <> \(session)::uuid
                  and session.ended_at is null
                returning session.session_id
            )
        """
    }

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
                      > clock_timestamp() - interval '\(RecoveryLimits.waitHours) hours'
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
