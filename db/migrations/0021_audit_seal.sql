-- The audit's chain (Z-30): each seal is an HMAC, by a key that is not in the database, over the seal
-- before it and the rows since. Who can write to the database can't change, remove or slip in a row
-- without breaking it; that the newest seals were cut off shows in the logs, which have each head.
create table audit_seal (
    practice_id uuid not null,
    -- From 1 on, without a gap.
    position bigint not null,
    -- The newest row that it covers.
    last_audit_id uuid not null,
    row_count integer not null,
    -- Which key of the ring made it.
    key_id text not null,
    seal bytea not null,
    sealed_at timestamptz not null default clock_timestamp(),
    constraint audit_seal_pkey primary key (practice_id, position),
    constraint audit_seal_practice_fkey foreign key (practice_id) references practice,
    constraint audit_seal_position_counted check (position >= 1 and row_count >= 1)
);

grant select, insert on audit_seal to practice_auth_service;
