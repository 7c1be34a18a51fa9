-- A practice is one tenant. Every table that grows carries its id as the first part of the primary
-- key, so that the same SQL can move to a database that is distributed by practice.

-- The service owns nothing: it logs in as a member of this role, which has no login of its own.
-- Roles belong to the whole cluster, so another database may have made it already.
do $$
begin
    create role practice_auth_service nologin;
exception
    when duplicate_object or unique_violation then null;
end
$$;

-- Ids that are looked up by time stay close together in their index (RFC 9562, version 7).
create function time_ordered_uuid() returns uuid
language sql volatile
return encode(
    set_byte(
        overlay(
            uuid_send(gen_random_uuid())
            placing substring(
                int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3)
            from 1 for 6),
        6, (get_byte(uuid_send(gen_random_uuid()), 6) & 15) | 112),
    'hex')::uuid;

create table practice (
    practice_id uuid not null,
    name text not null,
    country text not null,
    time_zone text not null,
    locale text not null,
    -- What a token of this practice is for (`aud`); no other practice's verifier accepts it (Z-6).
    audience text not null,
    -- Links in messages point here, never to a host that a caller sent.
    portal_origin text not null,
    -- How people reach it, such as a telephone number; every text that ends in "contact the
    -- practice" names it there (SC-10).
    support_contact text not null,
    -- E-mail addresses of those who answer for the settings and the keys (Z-9).
    admin_contacts text[] not null default '{}',
    -- What an SMS costs the patient, and whom it comes from (NO-4).
    sms_price_note text,
    sender_id text,
    email_codes boolean not null default true,
    code_lifetime_seconds integer not null default 600,
    resend_wait_seconds integer not null default 30,
    sends_per_hour integer not null default 5,
    sends_per_day integer not null default 10,
    -- ISO 3166-1 alpha-2; null until somebody chose: the practice's own country (NO-3).
    allowed_countries text[],
    -- Ceilings of a day over all patients, in messages and in hundredths of the currency; null until
    -- somebody chose: what fits the country (SU-6).
    sms_per_day integer not null default 500,
    sms_cost_per_day integer,
    sms_cost_currency text,
    -- What a new password must be (IN-4).
    password_rules text not null default 'classic',
    -- Whether the register may hold national numbers, whether patients sign in with them, and whether
    -- those made for tests count (V1, NO-2, Z-18).
    national_numbers boolean not null default false,
    national_number_login boolean not null default false,
    synthetic_numbers boolean not null default false,
    -- What the register must hold of a patient before they can enrol (NO-1); null until somebody
    -- chose: what is usual in the country.
    required_for_enrolment text[],
    -- Whether a patient without a super-PIN may prove who they are by what the register knows (Z-16),
    -- and whether the practice wants open invitations brought to mind before they expire.
    identity_by_details boolean not null default true,
    invitation_reminder boolean not null default false,
    -- What a sign-in needs beside the password, and whether the first one goes on until the patient has
    -- a super-PIN of their own (AC-5, AC-7).
    second_factor text not null default 'required',
    super_pin text not null default 'optional',
    -- Whether a patient may have a device remembered, which is then asked for no code.
    remembered_device boolean not null default false,
    -- Rises with each change: an update that has not seen the last one changes nothing.
    revision integer not null default 1,
    created_at timestamptz not null default clock_timestamp(),
    constraint practice_pkey primary key (practice_id),
    constraint practice_audience_key unique (audience),
    constraint practice_country_known check (country in ('NL', 'NO')),
    constraint practice_locale_known check (locale in ('nl', 'nb', 'en')),
    constraint practice_code_lifetime_bounded check (code_lifetime_seconds between 30 and 600),
    constraint practice_resend_wait_bounded check (resend_wait_seconds between 1 and 600),
    constraint practice_sends_bounded
        check (sends_per_hour between 1 and 1000 and sends_per_day between 1 and 10000),
    constraint practice_admin_contacts_few check (cardinality(admin_contacts) <= 5),
    constraint practice_allowed_countries_some check (cardinality(allowed_countries) > 0),
    constraint practice_sms_per_day_bounded check (sms_per_day between 0 and 1000000),
    constraint practice_sms_cost_bounded check (sms_cost_per_day between 0 and 100000000),
    constraint practice_sms_currency_known check (sms_cost_currency in ('EUR', 'NOK')),
    constraint practice_second_factor_known
        check (second_factor in ('required', 'phone-or-app')),
    constraint practice_super_pin_known check (super_pin in ('optional', 'required')),
    constraint practice_password_rules_known check (password_rules in ('classic', 'modern')),
    -- The citizen service number is no login name in the Netherlands (UAVG article 46, Z-18).
    constraint practice_number_login_lawful
        check (not national_number_login or (national_numbers and country <> 'NL')),
    constraint practice_required_known
        check (
            required_for_enrolment
                <@ array['mobile', 'national_number', 'general_practitioner'])
);

grant usage on schema public to practice_auth_service;
grant select, insert, update on practice to practice_auth_service;

-- `/readyz` proves by a timed commit here that the database takes writes.
create table service_probe (
    probe_id smallint not null,
    probed_at timestamptz not null,
    constraint service_probe_pkey primary key (probe_id)
);

grant select, insert, update on service_probe to practice_auth_service;
