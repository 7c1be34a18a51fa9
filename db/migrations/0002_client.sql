-- A client is a calling system (portal, practice system): a named principal of one practice (Z-8).
create table client (
    practice_id uuid not null,
    client_id uuid not null,
    name text not null,
    created_at timestamptz not null default clock_timestamp(),
    constraint client_pkey primary key (practice_id, client_id),
    constraint client_practice_fkey foreign key (practice_id) references practice,
    constraint client_name_key unique (practice_id, name)
);

-- Two live keys a client at most, so that a key is changed without an outage (Z-8): the insert
-- counts the live ones under a lock on the client's row.
create table api_key (
    practice_id uuid not null,
    key_id uuid not null,
    client_id uuid not null,
    -- SHA-256 of 256 random bits; the key itself is shown once and never kept.
    key_hash bytea not null,
    scopes text[] not null,
    created_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz not null,
    revoked_at timestamptz,
    -- To the hour, so that a busy key is not written at each call: enough to see which one of two is
    -- no longer in use.
    last_used_at timestamptz,
    constraint api_key_pkey primary key (practice_id, key_id),
    constraint api_key_client_fkey foreign key (practice_id, client_id) references client,
    -- The one look-up that comes before the practice is known.
    constraint api_key_hash_key unique (key_hash)
);

grant select, insert, update on client, api_key to practice_auth_service;
