-- Takes out what no rule needs any more (Sources/Auth/Housekeeping says what, and after how long).

-- Whose turn it is: one instance does it at a time, and another goes on where it dies.
create table housekeeping_turn (
    turn_id smallint not null,
    -- An instance; it has no other name.
    holder uuid not null,
    leased_until timestamptz not null,
    -- When all was last found in order.
    finished_at timestamptz,
    constraint housekeeping_turn_pkey primary key (turn_id)
);

grant select, insert, update on housekeeping_turn to practice_auth_service;

grant delete on
    contact_change, destination, desk_code, freeze_code, invitation, refusal
to practice_auth_service;
-- To lock a row takes the right to change it, and nothing here is ever changed.
grant update (created_at) on code_request to practice_auth_service;

-- What each finds its rows by. Most are written once, with the row, so that the updates of a hot table
-- still touch no index; `code` has one for all that goes with a code.
create index code_expiry_idx on code (expires_at);
create index login_expiry_idx on login (expires_at);
create index session_creation_idx on session (created_at);
create index recovery_expiry_idx on recovery (expires_at);
create index invitation_expiry_idx on invitation (expires_at);
create index enrolment_end_idx on enrolment (ended_at) where ended_at is not null;
create index message_expiry_idx on message (expires_at) where code_id is null and link_id is null;
create index contact_change_creation_idx on contact_change (created_at);
create index freeze_code_expiry_idx on freeze_code (expires_at);
create index login_pass_expiry_idx on login_pass (expires_at);
create index desk_code_expiry_idx on desk_code (expires_at);
create index activation_pin_expiry_idx on activation_pin (expires_at);
create index recovery_pin_end_idx on recovery_pin (ended_at) where ended_at is not null;
create index remembered_device_expiry_idx on remembered_device (expires_at);
create index idempotency_answer_idx on idempotency (answered_at);
create index refusal_minute_idx on refusal (minute);
create index send_count_window_idx on send_count (window_start);
-- These two follow the newest act, and so does the index: a failed password costs a hash anyway, and a
-- send to a destination much more.
create index throttle_failure_idx on throttle (last_failed_at);
create index destination_send_idx on destination ((sends[cardinality(sends)]));
