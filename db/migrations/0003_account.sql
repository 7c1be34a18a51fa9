-- An account is a person's credentials. It may be a member of several practices; what belongs to
-- one practice only (its identifiers there, its subject, its patients) carries that practice's id.
create table account (
    account_id uuid not null,
    first_name text not null,
    last_name text not null,
    locale text not null,
    -- The Argon2id PHC string, sealed and bound to the account: a stolen table can't be searched.
    password bytea not null,
    password_changed_at timestamptz not null default clock_timestamp(),
    -- The practice knows it, as an initial one is known: its owner chooses another at the next sign-in.
    password_change_due boolean not null default false,
    -- Wrong passwords since the last right one, from networks where nobody of this account has
    -- signed in before. At 100 such networks are refused silently (Z-20), until the day is over
    -- that began with the first of them: a stranger locks nobody out for good.
    strange_failures integer not null default 0,
    strange_since timestamptz not null default clock_timestamp(),
    -- When its owner was last mailed a pass for such networks: once a day, in one practice (Z-20).
    pass_sent_at timestamptz,
    disabled_at timestamptz,
    -- Its owner stopped it by a freeze code; `disabled_at` is set as well, and a recovery lifts both.
    frozen_at timestamptz,
    created_at timestamptz not null default clock_timestamp(),
    constraint account_pkey primary key (account_id),
    constraint account_locale_known check (locale in ('nl', 'nb', 'en'))
) with (fillfactor = 80);

create table membership (
    practice_id uuid not null,
    account_id uuid not null,
    -- `sub` in tokens: differs by practice for one person, never reused (Z-6).
    subject uuid not null default gen_random_uuid(),
    created_at timestamptz not null default clock_timestamp(),
    constraint membership_pkey primary key (practice_id, account_id),
    constraint membership_practice_fkey foreign key (practice_id) references practice,
    constraint membership_account_fkey foreign key (account_id) references account,
    constraint membership_subject_key unique (practice_id, subject)
);

-- What is typed at login, as an HMAC of its normalised form; under two keys while the ring has a next
-- one. An address that several accounts share has several rows here and so names nobody (Z-17);
-- everything else names one account.
create table identifier (
    practice_id uuid not null,
    value_index bytea not null,
    account_id uuid not null,
    kind text not null,
    -- Which key of the ring made the index, and what it was made of, sealed and bound to the account: the
    -- next key's index is made of that.
    key_id text not null,
    value bytea not null,
    -- The first right password with it. An address that somebody signs in with can't come to be
    -- shared with another account any more.
    used_at timestamptz,
    created_at timestamptz not null default clock_timestamp(),
    constraint identifier_pkey primary key (practice_id, value_index, account_id),
    constraint identifier_membership_fkey
        foreign key (practice_id, account_id) references membership,
    constraint identifier_kind_known check (kind in ('email', 'username'))
);

create unique index identifier_one_account_key
    on identifier (practice_id, value_index)
    where kind <> 'email';

create index identifier_account_idx on identifier (practice_id, account_id);
create index identifier_key_idx on identifier (key_id);

-- Where a person is reached. Only a confirmed address receives codes or names an account (Z-28).
create table contact (
    account_id uuid not null,
    contact_id uuid not null,
    kind text not null,
    -- As typed; what is compared is the HMAC in `identifier`.
    address text not null,
    confirmed_at timestamptz,
    created_at timestamptz not null default clock_timestamp(),
    constraint contact_pkey primary key (account_id, contact_id),
    constraint contact_account_fkey foreign key (account_id) references account,
    constraint contact_kind_known check (kind in ('email', 'sms'))
);

-- An address that shall become an account's, once a code that went there was typed; the one before it
-- stays in force until then. The newest of its kind; kept, so that its code is known to be used.
create table contact_change (
    practice_id uuid not null,
    account_id uuid not null,
    kind text not null,
    -- The flow of its code.
    change_id uuid not null,
    -- The sign-in that asked, and the only one that the code is taken from.
    session_id uuid not null,
    address text not null,
    created_at timestamptz not null default clock_timestamp(),
    confirmed_at timestamptz,
    constraint contact_change_pkey primary key (practice_id, account_id, kind),
    constraint contact_change_membership_fkey
        foreign key (practice_id, account_id) references membership,
    constraint contact_change_kind_known check (kind in ('email', 'sms'))
);

-- What lets the owner stop an account who is told of a change that was not theirs (Z-32).
create table freeze_code (
    practice_id uuid not null,
    -- SHA-256 of 192 random bits; the code itself stands in the mails alone.
    code_hash bytea not null,
    account_id uuid not null,
    created_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz not null,
    used_at timestamptz,
    constraint freeze_code_pkey primary key (practice_id, code_hash),
    constraint freeze_code_membership_fkey
        foreign key (practice_id, account_id) references membership
);

grant select, insert, update on account, membership, identifier, contact, freeze_code
to practice_auth_service;
-- A new address takes the place of the one before it.
grant delete on identifier, contact to practice_auth_service;
grant select, insert, update, delete on contact_change to practice_auth_service;
