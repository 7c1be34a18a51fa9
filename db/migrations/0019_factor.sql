-- Second factors that a person has enrolled (AC-6, AC-7). A confirmed mailbox needs none of these rows
-- where the practice lets codes go there; a row of the type `email` has its contact's id and says that
-- its owner chose it. Like contacts they are the account's, in every practice.
create table factor (
    account_id uuid not null,
    factor_id uuid not null,
    -- Where it was enrolled, or replaced in a recovery (Z-7).
    practice_id uuid not null,
    type text not null,
    -- E.164; only of an SMS factor. In the clear like every contact, since a code is to be sent there.
    address text,
    -- 160 random bits, sealed and bound to account and factor; only of an authenticator app (F1).
    secret bytea,
    -- The newest time step that was accepted: none works twice (F4).
    last_step bigint,
    -- Wrong codes in a row, and until when it takes none; ten disable it, and no other (F5).
    failures smallint not null default 0,
    blocked_until timestamptz,
    created_at timestamptz not null default clock_timestamp(),
    -- Pending until then: it satisfies nothing and is in nobody's way.
    activated_at timestamptz,
    last_used_at timestamptz,
    disabled_at timestamptz,
    constraint factor_pkey primary key (account_id, factor_id),
    constraint factor_account_fkey foreign key (account_id) references account,
    constraint factor_practice_fkey foreign key (practice_id) references practice,
    constraint factor_type_known check (type in ('email', 'sms', 'totp')),
    constraint factor_has_its_own
        check ((type = 'sms') = (address is not null) and (type = 'totp') = (secret is not null))
) with (fillfactor = 80);

-- One of each type waits to be proven; a further request takes its place.
create unique index factor_pending_key on factor (account_id, type) where activated_at is null;

-- Ten recovery codes for who has lost the phone, of 55 random bits each; a new set takes the place of
-- the old one. They are the account's, in every practice.
create table recovery_codes (
    account_id uuid not null,
    set_id uuid not null,
    -- Keyed hashes, bound to the account: of those that are left, and of those that were used.
    hashes bytea[] not null,
    used bytea[] not null default '{}',
    -- What the hashes were made of, sealed: a SHA-256 of each code, for the next key.
    digests bytea not null,
    -- Wrong ones in a row, and until when none is taken; a hundred void the set (R4).
    failures smallint not null default 0,
    blocked_until timestamptz,
    created_at timestamptz not null default clock_timestamp(),
    last_used_at timestamptz,
    constraint recovery_codes_pkey primary key (account_id),
    constraint recovery_codes_account_fkey foreign key (account_id) references account,
    constraint recovery_codes_few check (cardinality(hashes) + cardinality(used) <= 10)
) with (fillfactor = 80);

grant select, insert, update, delete on factor, recovery_codes to practice_auth_service;
