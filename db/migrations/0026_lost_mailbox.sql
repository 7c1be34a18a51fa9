-- A recovery may replace a lost mailbox by one that a code was read in (Z-2).
alter table recovery
    -- The address that is to take its place, once a code to it was right.
    add column new_mailbox text,
    add column new_mailbox_proven_at timestamptz,
    -- Codes that went to such addresses.
    add column new_mailbox_sends smallint not null default 0,
    drop constraint recovery_changed_known,
    add constraint recovery_changed_known check (changed in ('password', 'factor', 'mailbox'));

-- When a recovery set the password that the account has; it equals `password_changed_at` until its owner
-- changes it.
alter table account add column password_recovered_at timestamptz;

-- Since when a recovery gave it to its account: an owner's freeze after that stops it as a way back.
alter table contact add column recovered_at timestamptz;
