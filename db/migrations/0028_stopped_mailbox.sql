-- A mailbox counts the codes of a sign-in like a phone does (F5): here and not at a factor, since it may
-- be one without a row there. A hundred wrong ones in a row stop it until a code is read in it again.
alter table contact
    -- Wrong codes in a row.
    add column failures smallint not null default 0,
    add column disabled_at timestamptz;

-- That of a mailbox that its owner chose stands at the contact from now on.
update contact
set failures = factor.failures,
    disabled_at = factor.disabled_at
from factor
where factor.account_id = contact.account_id
  and factor.factor_id = contact.contact_id
  and factor.activated_at is not null;

update factor
set failures = 0,
    disabled_at = null
where type = 'email';
