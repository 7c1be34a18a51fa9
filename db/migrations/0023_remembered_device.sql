-- Devices that patients had remembered: after the right password they are asked for no code (policy
-- `remembered_device`). Each is of one calling system and one account.
create table remembered_device (
    practice_id uuid not null,
    account_id uuid not null,
    device_id uuid not null,
    client_id uuid not null,
    -- SHA-256 of 256 random bits; the token itself is shown once.
    token_hash bytea not null,
    -- What the patient calls it, where the caller said it.
    device text,
    created_at timestamptz not null default clock_timestamp(),
    last_used_at timestamptz,
    expires_at timestamptz not null,
    ended_at timestamptz,
    constraint remembered_device_pkey primary key (practice_id, account_id, device_id),
    constraint remembered_device_client_fkey foreign key (practice_id, client_id) references client,
    constraint remembered_device_membership_fkey
        foreign key (practice_id, account_id) references membership
) with (fillfactor = 80);

grant select, insert, update, delete on remembered_device to practice_auth_service;
