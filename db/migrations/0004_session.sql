-- What a person showed, and when; `factor_id` where it was a factor of theirs.
create function proof(method text, factor_id uuid default null) returns jsonb
language sql volatile
return jsonb_build_array(jsonb_strip_nulls(jsonb_build_object(
    'method', method, 'at', clock_timestamp(), 'factor_id', factor_id)));

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
    -- What was proved at the sign-in, as `[{method, at, factor_id}]`. How sure that is, Swift says: a
    -- level is never stored (Z-3).
    proofs jsonb not null,
    -- What the practice's policy still wants done; until then its tokens open nothing else (Z-5).
    steps text[] not null default '{}',
    -- What the patient's device is called, where the caller said it; for the list of sessions.
    device text,
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
    constraint session_proofs_listed check (jsonb_typeof(proofs) = 'array'),
    constraint session_steps_known check (steps <@ array['create_super_pin', 'add_factor']),
    constraint session_end_explained check ((ended_at is null) = (end_reason is null))
) with (fillfactor = 80);

create index session_network_idx on session (practice_id, account_id, network_key, created_at);

grant select, insert, update on session to practice_auth_service;
