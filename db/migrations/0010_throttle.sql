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
