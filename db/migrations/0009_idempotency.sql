-- What a request with an `Idempotency-Key` came to, written by the statement of the act itself, so
-- that there is no moment in which one exists without the other (Z-24). It holds the outcome, not
-- the answer: ids, times and words; a secret only sealed, under a key that is not in the database.
create table idempotency (
    practice_id uuid not null,
    client_id uuid not null,
    -- HMAC of the caller's key.
    key_hash bytea not null,
    -- HMAC over client, method, path, patient and body: another request under the same key differs.
    fingerprint bytea not null,
    outcome jsonb not null,
    answered_at timestamptz not null default clock_timestamp(),
    constraint idempotency_pkey primary key (practice_id, client_id, key_hash)
);

grant select, insert, update, delete on idempotency to practice_auth_service;
