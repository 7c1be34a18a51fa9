-- The outbox: a message is inserted by the statement that makes its code, or that does what it tells
-- of, in the same commit, and delivered by any instance. What its text says besides (time sent,
-- reference, expiry, practice) is read from `code` and `practice` when it is claimed.
create table message (
    practice_id uuid not null,
    message_id uuid not null,
    -- Null for a message that carries none; it lives until it expires.
    code_id uuid,
    channel text not null,
    template text not null,
    locale text not null,
    -- Sealed address and secrets, bound to the row; erased as soon as the message is done.
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
    -- The rung of the practice's ladder that has it now, and the gateway there: its id, to which
    -- reports must belong (null: the operator's own channel), and its name, as answers show it.
    rung smallint not null default 1,
    gateway_id uuid,
    gateway text,
    provider_message_id text,
    -- When it climbs to the next rung if no report has come by then (Z-1: the same code, the same
    -- destination). Until then its body is kept.
    report_due_at timestamptz,
    created_at timestamptz not null default clock_timestamp(),
    constraint message_pkey primary key (practice_id, message_id),
    constraint message_channel_known check (channel in ('email', 'sms')),
    constraint message_locale_known check (locale in ('nl', 'nb', 'en')),
    constraint message_state_known
        check (state in ('queued', 'sent', 'delivered', 'failed', 'withdrawn')),
    constraint message_body_only_while_it_may_be_sent check (
        case
            when report_due_at is not null then state in ('sent', 'failed') and body is not null
            else (state = 'queued') = (body is not null)
        end)
) with (fillfactor = 70);

create index message_due_idx on message (next_attempt_at) where state = 'queued';
create index message_code_idx on message (practice_id, code_id) where code_id is not null;
-- A report names the gateway's own number.
create index message_reported_idx on message (practice_id, gateway_id, provider_message_id)
    where gateway_id is not null;
create index message_report_due_idx on message (report_due_at) where report_due_at is not null;

-- The messages that may still be sent (SC-9): while their code lives; without one, until they expire.
-- The code is looked up for each message, since as a join every live code there is would be read.
create view live_message as
select message.practice_id, message.message_id
from message
where case
    when message.code_id is null then message.expires_at > clock_timestamp()
    else (
        select live_code.code_id
        from live_code
        where live_code.practice_id = message.practice_id
          and live_code.code_id = message.code_id) is not null
end;

grant select, insert, update on message to practice_auth_service;
grant select on live_message to practice_auth_service;
