-- Whom codes are for: one row for each practice, subject (an account, else a destination) and
-- purpose. The one live code is the newest; a code that is not the newest is superseded, so no
-- older row is ever touched when a newer code is made (SC-3). Every guess locks this row first.
create table code_subject (
    practice_id uuid not null,
    subject_id uuid not null,
    purpose text not null,
    newest_code_id uuid not null,
    newest_sent_at timestamptz not null,
    newest_reference text not null,
    -- When the last guesses were made; ten an hour, over all codes (Z-19). A right code clears it.
    guesses timestamptz[] not null default '{}',
    constraint code_subject_pkey primary key (practice_id, subject_id, purpose)
) with (fillfactor = 70);

create table code (
    practice_id uuid not null,
    code_id uuid not null,
    subject_id uuid not null,
    purpose text not null,
    -- What the code continues (a login), and the second input of its HMAC: a code of one flow is
    -- worth nothing in another.
    flow_id uuid not null,
    client_id uuid not null,
    -- The account's factor that it went to; null for a code of another system.
    factor_id uuid,
    channel text not null,
    -- Masked, as every answer shows it.
    destination text not null,
    -- The block of numbers that an SMS went to: fraud is seen there, not at one number (SU-6).
    number_block text,
    digits smallint not null default 6,
    -- Two random letters that tell one message from another; independent of the code (SC-2, Z-32).
    reference text not null,
    code_hash bytea not null,
    attempts_left smallint not null default 5,
    sent_at timestamptz not null,
    expires_at timestamptz not null,
    resend_at timestamptz not null,
    used_at timestamptz,
    -- Withdrawn with its flow before it was used.
    voided_at timestamptz,
    constraint code_pkey primary key (practice_id, code_id),
    constraint code_attempts_counted check (attempts_left between 0 and 5),
    constraint code_lives_ten_minutes check (expires_at <= sent_at + interval '10 minutes')
) with (fillfactor = 80);

create index code_flow_idx on code (practice_id, flow_id, sent_at);
create index code_subject_idx on code (practice_id, subject_id, purpose, sent_at);

-- A code that another system asked for (`/v1/codes`), over all its sends; their `flow_id` is its id.
-- Nothing here changes: what became of it stands at its newest code.
create table code_request (
    practice_id uuid not null,
    request_id uuid not null,
    client_id uuid not null,
    subject_id uuid not null,
    purpose text not null,
    -- Where the caller named an account instead of an address.
    account_id uuid,
    -- Sealed and bound to the row: a resend needs the address.
    destination bytea not null,
    locale text not null,
    digits smallint not null,
    lifetime_seconds integer not null,
    created_at timestamptz not null default clock_timestamp(),
    constraint code_request_pkey primary key (practice_id, request_id),
    constraint code_request_client_fkey foreign key (practice_id, client_id) references client,
    constraint code_request_digits_bounded check (digits between 4 and 8),
    constraint code_request_lifetime_bounded check (lifetime_seconds between 30 and 600),
    constraint code_request_locale_known check (locale in ('nl', 'nb', 'en'))
);

-- Sends to one destination: five an hour and ten a day unless the practice says otherwise (C8).
create table destination (
    practice_id uuid not null,
    destination_key bytea not null,
    sends timestamptz[] not null,
    constraint destination_pkey primary key (practice_id, destination_key)
) with (fillfactor = 70);

-- The codes that a message may still carry (SC-9).
create view live_code as
select code.practice_id, code.code_id
from code
join code_subject using (practice_id, subject_id, purpose)
where code_subject.newest_code_id = code.code_id
  and code.used_at is null
  and code.voided_at is null
  and code.attempts_left > 0
  and code.expires_at > clock_timestamp();

grant select, insert, update on code_subject, code, destination to practice_auth_service;
grant select, insert on code_request to practice_auth_service;
grant select on live_code to practice_auth_service;
