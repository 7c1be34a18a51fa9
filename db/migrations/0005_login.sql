-- A login is one attempt to sign in, begun by a right password. It answers only the client that
-- began it (Z-8). Its code is the newest row of `code` whose flow it is.
create table login (
    practice_id uuid not null,
    login_id uuid not null,
    client_id uuid not null,
    account_id uuid not null,
    -- The steps it must pass, decided once in Swift, and those that are left: a statement only
    -- takes its own step off the front.
    plan text[] not null,
    steps text[] not null,
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

grant select, insert, update on login to practice_auth_service;
