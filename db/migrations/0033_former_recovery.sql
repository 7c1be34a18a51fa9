-- Whose a recovery was that became nobody's, since it was ended before anything was proved in it: it
-- answers like any other of nobody's, and is erased with the account that its codes went out for (SU-3).
alter table recovery add column former_account_id uuid;

-- Those that became so before, by the mailbox or factor that their newest code went to.
update recovery
set former_account_id = way.account_id
from (
    select contact.contact_id as id, contact.account_id from contact
    union
    select factor.factor_id, factor.account_id from factor
) as way
where recovery.account_id is null
  and way.id = (recovery.awaited ->> 'id')::uuid;

create index recovery_former_idx on recovery (practice_id, former_account_id)
    where former_account_id is not null;

-- What was begun and never proven goes after a day: a number, an app's secret, a super-PIN nobody saved.
-- By an expression, so that no statement about one account's pending ones reads everybody's by it.
create index factor_pending_creation_idx
    on factor ((case when activated_at is null then created_at end))
    where case when activated_at is null then created_at end is not null;
create index recovery_pin_pending_creation_idx
    on recovery_pin ((case when activated_at is null and ended_at is null then created_at end))
    where case when activated_at is null and ended_at is null then created_at end is not null;
