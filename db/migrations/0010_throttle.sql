-- Failed passwords. A key is an HMAC of what was typed and the network it came from, of a network
-- alone, or a known network of an account: made-up identifiers are counted like real ones (Z-20).
create table throttle (
    practice_id uuid not null,
    throttle_key bytea not null,
    failures integer not null,
    since timestamptz not null,
    last_failed_at timestamptz not null,
    blocked_until timestamptz not null,
    constraint throttle_pkey primary key (practice_id, throttle_key)
) with (fillfactor = 70);

grant select, insert, update, delete on throttle to practice_auth_service;

-- Failed passwords of a client in the last ten minutes, over all identifiers and networks (Z-20). Each
-- instance counts in a slice of its own, so that no failure waits for another instance's commit; the
-- ceilings are of the sum, and may be overshot by what is being counted meanwhile.
create table login_failure (
    practice_id uuid not null,
    client_id uuid not null,
    slice smallint not null,
    since timestamptz not null,
    failures integer not null,
    -- One bit for each identifier, where its HMAC falls: how many are set tells about how many there
    -- were, and none of them.
    identifiers bit(1024) not null,
    constraint login_failure_pkey primary key (practice_id, client_id, slice),
    constraint login_failure_client_fkey foreign key (practice_id, client_id) references client
) with (fillfactor = 70);

grant select, insert, update on login_failure to practice_auth_service;
