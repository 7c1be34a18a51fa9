-- What was sent in an hour or a day (UTC), by what is limited: a caller, the practice's SMS and their
-- cost, a network, a block of numbers (SU-6, Z-22). Many requests count at once, so each connection
-- has a slice of its own and the sum is what counts; it may overshoot by one batch.
create table send_count (
    practice_id uuid not null,
    counter text not null,
    window_start timestamptz not null,
    slice smallint not null,
    amount bigint not null,
    constraint send_count_pkey primary key (practice_id, counter, window_start, slice)
) with (fillfactor = 70);

-- The kill switch: while a channel stands here, nobody sends by it.
create table send_stop (
    channel text not null,
    reason text not null,
    stopped_at timestamptz not null default clock_timestamp(),
    constraint send_stop_pkey primary key (channel),
    constraint send_stop_channel_known check (channel in ('email', 'sms'))
);

grant select, insert, update, delete on send_count to practice_auth_service;
grant select, insert, update, delete on send_stop to practice_auth_service;
