-- A way back for somebody who has lost a password or a phone (AC-9). It answers only the client that
-- began it (Z-8). Whoever begins one has proved nothing: where nobody can recover by what was typed
-- there is a row all the same, without an account, and it behaves alike in every call.
create table recovery (
    practice_id uuid not null,
    recovery_id uuid not null,
    client_id uuid not null,
    account_id uuid,
    -- Whom its codes are for: what was typed and the network, as an HMAC. By account, two names would
    -- show by a shared count that they are of one person, and a stranger could spend the owner's
    -- guesses.
    subject_id uuid not null,
    -- What was proved so far: `[{method, class, id, aged, at}]`. Two classes are needed (Z-2).
    proofs jsonb not null default '[]',
    -- The proof that the newest code is going to be.
    awaited jsonb,
    -- The number that is to take a lost phone's place, once a code to it was right.
    new_number text,
    new_factor_id uuid,
    new_number_proven_at timestamptz,
    -- Codes that went to such numbers.
    new_number_sends smallint not null default 0,
    -- When two members of staff vouch for a person who has no old contact, the change waits (Z-11).
    change_from timestamptz,
    -- The one thing that it changed.
    changed text,
    created_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz not null,
    done_at timestamptz,
    ended_at timestamptz,
    constraint recovery_pkey primary key (practice_id, recovery_id),
    constraint recovery_client_fkey foreign key (practice_id, client_id) references client,
    constraint recovery_proofs_listed check (jsonb_typeof(proofs) = 'array'),
    constraint recovery_changed_known check (changed in ('password', 'factor')),
    constraint recovery_done_changed_something check ((done_at is null) = (changed is null)),
    constraint recovery_done_or_ended check (done_at is null or ended_at is null),
    constraint recovery_nobody_proves check (account_id is not null or proofs = '[]')
) with (fillfactor = 80);

-- What a recovery ends is looked up by account.
create index recovery_account_idx on recovery (practice_id, account_id)
    where done_at is null and ended_at is null;
create index if not exists membership_account_idx on membership (account_id);
create index if not exists login_open_idx on login (practice_id, account_id)
    where done_at is null and ended_at is null;

-- For three days after a recovery neither a second one nor a sensitive change by what it rested on is
-- made, so that the owner has time to stop it (Z-2).
alter table account
    add column recovered_at timestamptz,
    -- The mailboxes and factors that were its proofs, and the factor that it bound.
    add column recovered_by uuid[] not null default '{}',
    add column recovered_classes text[] not null default '{}';

-- Bound by a recovery: it opens that practice alone (Z-7).
alter table factor add column recovered_at timestamptz;

-- What staff hand a person whose identity document they have seen: one proof of a recovery (Z-11).
create table desk_code (
    practice_id uuid not null,
    account_id uuid not null,
    desk_code_id uuid not null,
    -- HMAC of 16 random digits and the account; the code stands in one answer and nowhere else.
    code_hash bytea not null,
    -- The kind alone, never its number.
    identity_document text not null,
    acting_staff text not null,
    created_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz not null,
    used_at timestamptz,
    ended_at timestamptz,
    constraint desk_code_pkey primary key (practice_id, account_id, desk_code_id),
    constraint desk_code_membership_fkey
        foreign key (practice_id, account_id) references membership,
    constraint desk_code_document_known
        check (
            identity_document
                in ('passport', 'id-card', 'driving-licence', 'residence-permit'))
);

grant select, insert, update on recovery to practice_auth_service;
grant select, insert, update on desk_code to practice_auth_service;
