-- A session is a finished sign-in. Its refresh token is one use: the row holds the SHA-256 of the
-- live one and of its parent, so that rotation is one update of one row.
create table session (
    practice_id uuid not null,
    session_id uuid not null,
    account_id uuid not null,
    client_id uuid not null,
    -- HMAC of the patient's network; null where the caller did not tell. A full sign-in from a
    -- network makes it known for 90 days (Z-12).
    network_key bytea,
    acr text not null,
    amr text[] not null,
    authenticated_at timestamptz not null,
    refresh_hash bytea not null,
    parent_hash bytea,
    rotated_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz,
    end_reason text,
    created_at timestamptz not null default clock_timestamp(),
    constraint session_pkey primary key (practice_id, session_id),
    constraint session_client_fkey foreign key (practice_id, client_id) references client,
    constraint session_acr_known check (acr in ('enrol', '1', '2r', '2', '3')),
    constraint session_end_explained check ((ended_at is null) = (end_reason is null))
) with (fillfactor = 80);

create index session_network_idx on session (practice_id, account_id, network_key, created_at);

grant select, insert, update on session to practice_auth_service;
