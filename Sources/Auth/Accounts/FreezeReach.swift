/// SQL of how far back an owner's freeze of an account reaches (Z-32).
///
/// What came to the account in the time that a recovery waits, before the change that its owner read of, may
/// be a thief's.
/// What a new account began with is not, and the account is trusted as it stood then.
struct FreezeReach {
    /// Expressions of the account's instants; the first is null where nothing is frozen.
    let frozenAt: String
    let opposedAt: String
    let createdAt: String

    /// - Parameter account: a table, or an arm with its columns.
    init(of account: String, createdAt: String = "created_at") {
        frozenAt = "\(account).frozen_at"
        opposedAt = "\(account).opposed_at"
        self.createdAt = "\(account).\(createdAt)"
    }

    /// The instant back to which it reaches. What stopped the account may have been an instance that
    /// knew of no change.
    private var start: String {
        """
        greatest(
                       least(\(frozenAt), \(opposedAt))
                           - \(RecoveryLimits.wait),
                       \(createdAt) + interval '1 day')
        """
    }

    /// Whether something came to the account since.
    func includes(_ instant: String) -> String {
        "(\(frozenAt) is not null and \(instant) > \(start))"
    }

    /// Whether a contact or factor was given to the account by a recovery of which a link still worked.
    func stops(_ row: String) -> String {
        """
        (\(row).recovered_at <= \(frozenAt)
                   and \(row).recovered_at > \(frozenAt) - interval '\(FreezeCode.days) days')
        """
    }

    /// Whether a contact or factor is one that the freeze was against: given to the account since, or
    /// by a recovery that its owner stopped.
    func isAgainst(_ row: String, since: String) -> String {
        "(\(stops(row)) or \(includes("\(row).\(since)")))"
    }

    /// Whether a contact is the mailbox that stood then, and that another took the place of since.
    func givesBack(_ contact: String) -> String {
        """
        (\(frozenAt) is not null
                   and \(stops(contact)) is not true
                   and \(contact).stood_from <= \(start)
                   and \(contact).stood_until > \(start))
        """
    }
}
