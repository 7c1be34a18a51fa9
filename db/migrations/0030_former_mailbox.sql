-- What a change of mailbox took from an account stays known for a while: its owner may say that the change
-- was not theirs (Z-32).
alter table contact
    -- Of a former mailbox, from when until when it was confirmed. It receives nothing, names nobody and
    -- proves nothing; after an owner's freeze whoever recovers the account may have it back.
    add column stood_from timestamptz,
    add column stood_until timestamptz,
    add constraint contact_stood_from_until
        check ((stood_from is null) = (stood_until is null)),
    add constraint contact_former_is_not_confirmed
        check (stood_from is null or confirmed_at is null);

-- What is purged is found by it.
create index contact_former_idx on contact (stood_until) where stood_until is not null;

-- When the change was told that its owner stopped the account for; of several the first. What came to the
-- account since shortly before it may be a thief's, however late the link was used.
alter table account add column opposed_at timestamptz;
