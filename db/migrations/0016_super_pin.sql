-- What a patient types from the practice's letter, or from their own. The number is public and no secret
-- (AC-1); it is given out once, of one patient, and a row stays when the patient or the account is gone,
-- so that a number never comes to name somebody else. Hence no reference to `patient` and `account`,
-- whose rows are deleted.
create table customer_number (
    practice_id uuid not null,
    -- Ten digits, the last a check digit.
    number text not null,
    -- Null where the number is that of an account which is no patient's own: a parent's, an imported one.
    patient_id uuid,
    -- The patient's own account, from its making on; null again once it is erased.
    account_id uuid,
    created_at timestamptz not null default clock_timestamp(),
    constraint customer_number_pkey primary key (practice_id, number),
    constraint customer_number_practice_fkey foreign key (practice_id) references practice,
    -- Over all practices: one number, one person.
    constraint customer_number_number_key unique (number),
    constraint customer_number_ten_digits check (number ~ '^[1-9][0-9]{9}$')
);

create unique index customer_number_patient_key on customer_number (practice_id, patient_id)
    where patient_id is not null;
create unique index customer_number_account_key on customer_number (practice_id, account_id)
    where patient_id is null;
create index customer_number_account_idx on customer_number (practice_id, account_id);

-- The practice's super-PIN for one activation (Z-4); the next one takes its place, which voids it.
create table activation_pin (
    practice_id uuid not null,
    patient_id uuid not null,
    -- Keyed Argon2id, sealed and bound to practice and patient (AC-8).
    hash bytea not null,
    -- Wrong ones that it survives.
    tries_left integer not null default 10,
    expires_at timestamptz not null,
    used_at timestamptz,
    -- How it reaches the patient, which is what a proof by it is worth.
    way text not null,
    created_at timestamptz not null default clock_timestamp(),
    -- When the PINs of the last day were made, this one too: so many a day (AC-8).
    issues timestamptz[] not null default array[clock_timestamp()],
    constraint activation_pin_pkey primary key (practice_id, patient_id),
    constraint activation_pin_patient_fkey
        foreign key (practice_id, patient_id) references patient on delete cascade,
    constraint activation_pin_tries_counted check (tries_left between 0 and 10),
    constraint activation_pin_way_known check (way in ('pin-post', 'pin-desk'))
) with (fillfactor = 80);

-- An account's own super-PIN, with which its owner recovers what was lost (AC-5, AC-8). A new one is
-- pending until its owner has saved it, and the one before it works until then. It has no end.
create table recovery_pin (
    practice_id uuid not null,
    account_id uuid not null,
    pin_id uuid not null,
    -- The sign-in that made it, and the only one that it can be activated from.
    session_id uuid not null,
    -- Keyed Argon2id, sealed and bound to practice and PIN.
    hash bytea not null,
    -- Wrong ones that it survives, counted only after the code to a mailbox or phone (Z-4).
    tries_left integer not null default 10,
    created_at timestamptz not null default clock_timestamp(),
    activated_at timestamptz,
    -- Used, replaced, given up before it was saved, or void by its tries.
    ended_at timestamptz,
    constraint recovery_pin_pkey primary key (practice_id, account_id, pin_id),
    constraint recovery_pin_membership_fkey
        foreign key (practice_id, account_id) references membership,
    constraint recovery_pin_tries_counted check (tries_left between 0 and 10)
) with (fillfactor = 80);

create unique index recovery_pin_active_key on recovery_pin (practice_id, account_id)
    where activated_at is not null and ended_at is null;
create unique index recovery_pin_pending_key on recovery_pin (practice_id, account_id)
    where activated_at is null and ended_at is null;

grant select, insert, update, delete on recovery_pin to practice_auth_service;
grant select, insert on customer_number to practice_auth_service;
grant update (account_id) on customer_number to practice_auth_service;
grant select, insert, update, delete on activation_pin to practice_auth_service;
