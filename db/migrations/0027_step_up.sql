-- How old, in seconds, a sign-in may be that a sensitive act rests on; never older than five minutes
-- (Z-3, Z-15, RFC 9470).
alter table practice
    add column step_up_max_age_seconds integer not null default 300,
    add constraint practice_step_up_max_age_bounded
        check (step_up_max_age_seconds between 60 and 300);
