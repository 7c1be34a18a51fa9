/// SQL of what a recovery in one practice leaves closed in the others of the account, until something that was
/// bound before is proven again (Z-7); `$1` is the practice that somebody comes to.
///
/// What the recovery itself rested on counts only after its wait, in which the owner may have stopped it
/// (Z-2): whoever of the practice's desk has got hold of a mailbox does not come further by it.
enum RecoveredAccess {
    /// Whether a factor or contact opens this practice, as one that no recovery of another bound.
    ///
    /// - Parameters:
    ///   - row: of `factor` or `contact`.
    ///   - practice: its column with where a recovery bound it.
    ///   - account: its account's row.
    static func isOpen(_ row: String, boundIn practice: String, of account: String) -> String {
        """
        (\(row).recovered_at is null
                   or coalesce(\(row).\(practice), $1::uuid) = $1::uuid
                   or \(row).recovered_at <= \(account).reproven_at)
        """
    }

    /// Whether this may be asked for beside the account's password here, which a recovery in another
    /// practice may have set.
    ///
    /// - Parameter since: when it came to the account.
    static func takes(_ id: String, since: String, of account: String) -> String {
        """
        (\(account).password_recovered_in is null
                   or \(account).password_recovered_in = $1::uuid
                   or \(account).password_recovered_at <= \(account).reproven_at
                   or \(since) < \(account).password_recovered_at
                       and \(isFree(id, of: account)))
        """
    }

    /// The arm by which a right code of what was bound before a recovery opens all practices again.
    ///
    /// - Parameters:
    ///   - account: whose it is.
    ///   - factor: what the code was of.
    ///   - source: the arms that have both, with a row where a sign-in's code was right.
    static func reprovenArm(account: String, by factor: String, from source: String) -> String {
        """
        reproven as (
                update account
                set reproven_at = clock_timestamp()
                from \(source)
                where account.account_id = \(account)
                  and account.recovered_at is not null
                  and coalesce(account.reproven_at < account.recovered_at, true)
                  and \(isFree(factor, of: "account"))
                  and exists (
                      select from factor
                      where factor.account_id = account.account_id
                        and factor.factor_id = \(factor)
                        and factor.type <> 'email'
                        and factor.recovered_at is null
                        and factor.activated_at < account.recovered_at
                      union all
                      select from contact
                      where contact.account_id = account.account_id
                        and contact.contact_id = \(factor)
                        and contact.recovered_at is null
                        and contact.confirmed_at < account.recovered_at)
            )
        """
    }

    /// Whether a recovery did not rest on it, or its wait is over.
    private static func isFree(_ id: String, of account: String) -> String {
        """
        (\(id) <> all (\(account).recovered_by)
                           or \(account).recovered_at
                               <= clock_timestamp() - \(RecoveryLimits.wait))
        """
    }
}
