extension FinishRecovery {
    /// Whether the change leaves something that a sign-in through this practice can ask for, behind the
    /// arm `standing`: with neither a phone nor an app nor a mailbox that codes may go to, nobody comes in
    /// to enrol one.
    static let waysLeftArms = """
        left_over as (  -- Without what is lost, and what a freeze was against.
            select factor.factor_id, factor.type <> 'email' as is_bound,
                   factor.type <> 'email'
                       and factor.disabled_at is null
                       and \(Factor.isOpen(of: "owner")) as is_usable
            from standing
            join account as owner using (account_id)
            join factor using (account_id)
            where factor.activated_at is not null
              and factor.factor_id is distinct from $10::uuid
              and \(reachNow.isAgainst("factor", since: "activated_at")) is not true
        ),
        ways_left as (
            select exists (select from left_over where left_over.is_usable)
                   or $18::bool and exists (
                       select from standing
                       join contact using (account_id)
                       where contact.kind = 'email'
                         and (contact.confirmed_at is not null
                                  and \(reachNow.isAgainst("contact", since: "confirmed_at"))
                                      is not true
                                  and (contact.disabled_at is null
                                       or contact.contact_id = any (standing.proof_ids))
                              or \(reachNow.givesBack("contact"))
                                  and contact.contact_id = any (standing.proof_ids))
                         -- Beside a phone or an app, wherever it opens, only if its owner chose it (Z-3).
                         and (not exists (select from left_over where left_over.is_bound)
                              or exists (
                                  select from left_over
                                  where left_over.factor_id = contact.contact_id))
                   ) as by_factor,
                   exists (
                       select from standing
                       join recovery_codes using (account_id)
                       where cardinality(recovery_codes.hashes) > 0
                         and not \(reachNow.includes("recovery_codes.created_at"))) as by_paper
        )
        """

    /// Neither a password nor a mailbox is what changes.
    static let isOfFactor = "($9::bytea is null and $11::uuid is null)"

    /// A number takes no place beside what a sign-in can ask for; and what it asked for goes only where
    /// something else is left, or the number was proven (Z-2).
    static let waysLeftWords = """
        when \(isOfFactor) and $10::uuid is null and ways_left.by_factor
                       then 'factor-unknown'
                       when \(isOfFactor)
                           and standing.new_number_proven_at is null
                           and not ways_left.by_factor
                           and not ($10::uuid is not null and ways_left.by_paper)
                       then 'insufficient'
        """

    private static let reachNow = FreezeReach(of: "standing", createdAt: "account_created_at")
}
