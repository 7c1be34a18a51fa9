extension FinishRecovery {
    /// What becomes of the mailboxes that the account had, behind the arms `finished` and `judged`: that of
    /// before the freeze may come back, and what the freeze was against does not stay a way in (Z-32).
    static let contactArms = """
        given_back as (  -- The mailbox of before, if whoever recovers the account reads it.
            update contact
            set confirmed_at = contact.stood_from,
                stood_from = null,
                stood_until = null,
                failures = 0,
                disabled_at = null
            from finished, judged
            where contact.account_id = finished.account_id
              and contact.contact_id = any (judged.proof_ids)
              and $11::uuid is null
              and \(reach.givesBack("contact"))
            returning contact.contact_id
        ),
        displaced as (
            delete from contact
            using finished, judged
            where contact.account_id = finished.account_id
              and contact.kind = 'email'
              and contact.confirmed_at is not null
              and \(reach.isAgainst("contact", since: "confirmed_at"))
              and exists (select from given_back)
            returning contact.contact_id
        ),
        led_back as (  -- Codes that its owner chose to get by mail come there again.
            update factor
            set factor_id = given_back.contact_id
            from finished, judged, given_back
            where factor.account_id = finished.account_id
              and factor.type = 'email'
              and factor.factor_id = (
                  select min(displaced.contact_id::text)::uuid
                  from displaced)
              and \(reach.isAgainst("factor", since: "activated_at")) is not true
        ),
        kept as (  -- Of a row that another arm changes nothing is changed here.
            update contact
            set -- Else whom the freeze was against comes back by it once it is lifted.
                confirmed_at = case
                    when \(reach.isAgainst("contact", since: "confirmed_at")) then null
                    else contact.confirmed_at
                end,
                -- One that was stopped signs in again: its owner read a code in it, and showed more.
                failures = case
                    when contact.contact_id = any (judged.proof_ids) then 0
                    else contact.failures
                end,
                disabled_at = case
                    when contact.contact_id = any (judged.proof_ids) then null
                    else contact.disabled_at
                end
            from finished, judged
            where contact.account_id = finished.account_id
              and contact.contact_id is distinct from $11::uuid
              and contact.stood_until is null
              and (\(reach.isAgainst("contact", since: "confirmed_at"))
                   or contact.contact_id = any (judged.proof_ids))
              and (contact.kind = 'email'
                   and \(reach.isAgainst("contact", since: "confirmed_at"))
                   and exists (select from given_back)) is not true
        )
        """
}
