/// SQL by which a proven address becomes an account's contact in the place of another, with what hangs on
/// it: of a change that its owner asked for, and of a recovery.
enum ContactMove {
    /// Columns `address`, whether a mailbox may name the account, since it names nobody besides (Z-17),
    /// and `otherwise_named`, whether the account is known by something else.
    ///
    /// - Parameters:
    ///   - indexes: of the address as an identifier, by every key of the ring.
    ///   - address: as a register keeps it, in small letters.
    static func names(account: String, indexes: String, address: String) -> String {
        """
        select not exists (
                           select from identifier
                           where identifier.practice_id = $1::uuid
                             and identifier.value_index = any (\(indexes)::bytea[])
                             and identifier.account_id <> \(account)::uuid)
                       and not exists (
                           select from patient
                           where patient.practice_id = $1::uuid
                             and lower(patient.email) = \(address)::text
                             and not exists (
                                 select from patient_link
                                 where patient_link.practice_id = $1::uuid
                                   and patient_link.account_id = \(account)::uuid
                                   and patient_link.patient_id = patient.patient_id)
                       ) as address,
                       exists (
                           select from identifier
                           where identifier.practice_id = $1::uuid
                             and identifier.account_id = \(account)::uuid
                             and identifier.kind <> 'email')
                       or exists (
                           select from patient_link
                           join customer_number
                               on customer_number.practice_id = $1::uuid
                               and customer_number.patient_id = patient_link.patient_id
                           where patient_link.practice_id = $1::uuid
                             and patient_link.account_id = \(account)::uuid
                             and patient_link.role = 'self') as otherwise_named
        """
    }

    /// Arms after one named `confirmed`, or none: a row of `account_id`, `address`, `is_named`,
    /// `recovered_at` and `keeps_former`, whether a mailbox before it may come back.
    ///
    /// - Parameters:
    ///   - contact: the new one's id.
    ///   - former: which contacts of the account it takes the place of.
    static func arms(
        kind: String, contact: String, former: String, indexes: String, keyIDs: String,
        value: String
    ) -> String {
        """
        replaced as (  -- Its owner may say that this was not them (Z-32).
                update contact
                set stood_from = contact.confirmed_at,
                    stood_until = clock_timestamp(),
                    confirmed_at = null
                from confirmed
                where contact.account_id = confirmed.account_id
                  and \(former)
                  and contact.kind = 'email'
                  and contact.confirmed_at is not null
                  and confirmed.keeps_former
                returning contact.contact_id
            ),
            removed as (
                delete from contact
                using confirmed
                where contact.account_id = confirmed.account_id
                  and \(former)
                  and not (
                      contact.kind = 'email' and contact.confirmed_at is not null
                      and confirmed.keeps_former)
                  and contact.stood_until is null
                returning contact.contact_id
            ),
            added as (
                insert into contact
                    (account_id, contact_id, kind, address, confirmed_at, recovered_at,
                     recovered_in)
                select confirmed.account_id, \(contact)::uuid, \(kind)::text, confirmed.address,
                       clock_timestamp(), confirmed.recovered_at,
                       case when confirmed.recovered_at is not null then $1::uuid end
                from confirmed
            ),
            followed as (  -- Codes that its owner chose to get by mail go on coming by mail.
                update factor
                set factor_id = \(contact)::uuid
                from confirmed
                where factor.account_id = confirmed.account_id
                  and factor.type = 'email'
                  and \(kind)::text = 'email'
                  and factor.factor_id = (
                      select min(gone.contact_id::text)::uuid
                      from (
                          select replaced.contact_id from replaced
                          union all
                          select removed.contact_id from removed
                      ) as gone)
            ),
            unnamed as (  -- What the account signs in with.
                delete from identifier
                using confirmed
                where identifier.practice_id = $1::uuid
                  and identifier.account_id = confirmed.account_id
                  and identifier.kind = 'email'
                  and \(kind)::text = 'email'
                  and not (
                      confirmed.is_named and identifier.value_index = any (\(indexes)::bytea[]))
            ),
            named as (
                insert into identifier (practice_id, value_index, account_id, kind, key_id, value)
                select $1::uuid, name.value_index, confirmed.account_id, name.kind, name.key_id,
                       name.value
                from confirmed
                cross join (
                    \(SealedIdentifier.rows(
                        kind: "email", indexes: indexes, keyIDs: keyIDs, value: value))
                ) as name
                where confirmed.is_named
                on conflict (practice_id, value_index, account_id) do nothing
            )
        """
    }
}
