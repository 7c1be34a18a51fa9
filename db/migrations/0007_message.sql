-- The outbox: a message is inserted by the statement that makes its code, in the same commit, and
-- delivered by any instance. What its text says besides the code (time sent, reference, expiry,
-- practice) is read from `code` and `practice` when it is claimed.
create table message (
    practice_id uuid not null,
    message_id uuid not null,
    code_id uuid not null,
    channel text not null,
    template text not null,
    locale text not null,
    -- Sealed address and code, bound to the row; erased as soon as the message is done.
    body bytea,
    state text not null default 'queued',
    -- Why it is not on its way: a plain cause, never the server's own words.
    reason text,
    attempts integer not null default 0,
    next_attempt_at timestamptz not null default clock_timestamp(),
    -- A worker holds it until then; each claim raises the fence, and a late worker's result with
    -- an older fence changes nothing.
    leased_until timestamptz,
    fence integer not null default 0,
    expires_at timestamptz not null,
    handed_over_at timestamptz,
    provider_message_id text,
    created_at timestamptz not null default clock_timestamp(),
    constraint message_pkey primary key (practice_id, message_id),
    constraint message_channel_known check (channel in ('email')),
    constraint message_locale_known check (locale in ('nl', 'nb', 'en')),
    constraint message_state_known
        check (state in ('queued', 'sent', 'delivered', 'failed', 'withdrawn')),
    constraint message_body_only_while_queued check ((state = 'queued') = (body is not null))
) with (fillfactor = 70);

create index message_due_idx on message (next_attempt_at) where state = 'queued';
create index message_code_idx on message (practice_id, code_id);

grant select, insert, update on message to practice_auth_service;
