-- What a patient who is signed in at one practice shows at another, so that the account they have is used
-- there too (Z-15). Kept as a keyed hash; it works once, for minutes, and while that sign-in lasts.
create table linking_code (
    practice_id uuid not null,
    account_id uuid not null,
    code_id uuid not null,
    session_id uuid not null,
    code_hash bytea not null,
    created_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz not null,
    used_at timestamptz,
    constraint linking_code_pkey primary key (practice_id, account_id, code_id),
    constraint linking_code_membership_fkey
        foreign key (practice_id, account_id) references membership,
    constraint linking_code_hash_key unique (code_hash)
);

create index linking_code_expiry_idx on linking_code (expires_at);

grant select, insert, update, delete on linking_code to practice_auth_service;

-- What a recovery in one practice changed opens that practice alone, until something bound before is proven
-- again (Z-7): where the password and a mailbox were set, and since when that holds no more.
alter table account
    add column password_recovered_in uuid,
    add column reproven_at timestamptz;
alter table contact add column recovered_in uuid;
