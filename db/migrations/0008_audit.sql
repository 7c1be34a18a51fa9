-- Who did what, for whom, when, with what result and why (NEN 7513), in the same commit as the act.
-- Ids only (Z-30). The service adds rows and reads them; nobody changes one.
create table audit (
    practice_id uuid not null,
    audit_id uuid not null default time_ordered_uuid(),
    happened_at timestamptz not null default clock_timestamp(),
    event text not null,
    result text not null,
    reason text,
    client_id uuid,
    account_id uuid,
    -- The login, code, session, key or import that it is about.
    object_id uuid,
    request_id uuid not null,
    -- Who of the practice did it, as its own system calls them (Z-11); null where no staff acts.
    acting_staff text,
    constraint audit_pkey primary key (practice_id, audit_id),
    constraint audit_result_known check (result in ('done', 'refused', 'failed'))
);

create index audit_account_idx on audit (practice_id, account_id, happened_at);

-- Refusals that name no account (an unknown identifier, a throttled try) would let a stranger fill
-- the table above: they are counted by minute and network (Z-30).
create table refusal (
    practice_id uuid not null,
    minute timestamptz not null,
    network_key bytea not null,
    reason text not null,
    refusals integer not null,
    constraint refusal_pkey primary key (practice_id, minute, network_key, reason)
);

grant select, insert on audit to practice_auth_service;
grant select, insert, update on refusal to practice_auth_service;
