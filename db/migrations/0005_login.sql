-- A login is one attempt to sign in, begun by a right password. It answers only the client that
-- began it (Z-8). Its code is the newest row of `code` whose flow it is; it has none yet where an app
-- was chosen.
create table login (
    practice_id uuid not null,
    login_id uuid not null,
    client_id uuid not null,
    account_id uuid not null,
    -- The steps it must pass, decided once in Swift, and those that are left: a statement only
    -- takes its own step off the front.
    plan text[] not null,
    steps text[] not null,
    -- The steps that its tokens are for, once it is done (Z-5).
    later text[] not null default '{}',
    -- The factor that was chosen last, where no code is sent for it (an app); null where the newest
    -- code's factor was.
    codeless_factor_id uuid,
    -- What was proved so far; the session's in the end.
    proofs jsonb not null,
    -- The session's, in the end.
    device text,
    session_id uuid,
    created_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz not null,
    done_at timestamptz,
    ended_at timestamptz,
    constraint login_pkey primary key (practice_id, login_id),
    constraint login_client_fkey foreign key (practice_id, client_id) references client,
    constraint login_done_or_ended check (done_at is null or ended_at is null),
    constraint login_done_has_session check ((done_at is null) = (session_id is null))
) with (fillfactor = 80);

-- What a change of password ends.
create index login_account_idx on login (practice_id, account_id, created_at);

-- A pass that the owner of an account was mailed while strangers' failures have its unknown networks
-- refused: it opens one sign-in from such a network (Z-20). The newest of an account in a practice.
create table login_pass (
    practice_id uuid not null,
    account_id uuid not null,
    -- SHA-256 of 192 random bits; the pass itself stands in the mail alone.
    pass_hash bytea not null,
    -- Passwords that may be tried with it; a mistyped one does not burn it.
    guesses_left smallint not null,
    created_at timestamptz not null default clock_timestamp(),
    -- When the refusal ends, too.
    expires_at timestamptz not null,
    used_at timestamptz,
    constraint login_pass_pkey primary key (practice_id, account_id),
    constraint login_pass_membership_fkey
        foreign key (practice_id, account_id) references membership,
    constraint login_pass_guesses_counted check (guesses_left between 0 and 5)
) with (fillfactor = 70);

grant select, insert, update on login_pass to practice_auth_service;
grant select, insert, update on login to practice_auth_service;
