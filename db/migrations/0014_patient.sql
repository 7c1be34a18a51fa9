-- The practice's register: the people it invites, as its own system knows them. It proposes contacts and
-- proves nothing; an account's confirmed contacts and factors are never changed from here (Z-13).
create table patient (
    practice_id uuid not null,
    -- Ours, for tokens (Z-6) and for everything that refers to the patient; never used again.
    patient_id uuid not null,
    -- The practice system's own number of the person; never in a token, and never a national number.
    external_id text not null,
    -- Null where only the import of an account has named the patient so far.
    first_name text,
    last_name text,
    locale text,
    -- Contacts, not identities: a family shares them, so nothing here is unique.
    email text,
    mobile text,
    general_practitioner text,
    -- Sealed, each bound to its practice, entry and column (architecture.md, Secrets and keys).
    date_of_birth bytea,
    postcode bytea,
    national_number bytea,
    -- HMAC over all of the above: a file that is sent again rewrites nothing that has not changed.
    content_mac bytea,
    -- The oldest key of the ring that anything in the row was made by; null where nothing was.
    key_id text,
    -- Rises with each change: an update that has not seen the last one changes nothing.
    revision integer not null default 1,
    created_at timestamptz not null default clock_timestamp(),
    changed_at timestamptz not null default clock_timestamp(),
    constraint patient_pkey primary key (practice_id, patient_id),
    constraint patient_practice_fkey foreign key (practice_id) references practice,
    constraint patient_external_id_key unique (practice_id, external_id),
    constraint patient_locale_known check (locale in ('nl', 'nb', 'en')),
    constraint patient_keyed
        check (num_nonnulls(date_of_birth, postcode, national_number, content_mac) = 0
               or key_id is not null)
) with (fillfactor = 80);

create index patient_key_idx on patient (key_id);

-- HMAC over practice and national number by a key outside the database: all that a number is found by, at
-- a login too (Z-18). One row for each key that writes, which are two while the ring has a next one: so
-- no two patients get one number, whichever of the keys an instance takes for the current one.
create table patient_number (
    practice_id uuid not null,
    number_index bytea not null,
    patient_id uuid not null,
    key_id text not null,
    constraint patient_number_pkey primary key (practice_id, number_index),
    constraint patient_number_patient_fkey
        foreign key (practice_id, patient_id) references patient on delete cascade
);

create index patient_number_patient_idx on patient_number (practice_id, patient_id);

-- Whose records an account opens in a practice: one's own, a child's, those of a person cared for.
create table patient_link (
    practice_id uuid not null,
    account_id uuid not null,
    patient_id uuid not null,
    role text not null,
    -- How the person proved who they are, for this patient; a token carries the lowest (Z-15).
    identity_level text not null,
    ends_at timestamptz,
    created_at timestamptz not null default clock_timestamp(),
    constraint patient_link_pkey primary key (practice_id, account_id, patient_id),
    constraint patient_link_membership_fkey
        foreign key (practice_id, account_id) references membership,
    constraint patient_link_patient_fkey foreign key (practice_id, patient_id) references patient,
    constraint patient_link_role_known check (role in ('self', 'parent', 'representative')),
    constraint patient_link_identity_known
        check (identity_level in ('none', 'kbv', 'pin-post', 'pin-desk', 'eid'))
);

-- A patient has one account of their own (Z-13).
create unique index patient_link_self_key on patient_link (practice_id, patient_id)
    where role = 'self';

create index patient_link_patient_idx on patient_link (practice_id, patient_id);

grant select, insert, update, delete on patient, patient_number, patient_link
to practice_auth_service;
