-- Up to when the housekeeper has counted the codes that came to their end unused: whoever has the turn
-- goes on from there, so that each is counted once, by one instance. Codes from before this are not.
alter table housekeeping_turn
    add column codes_counted_until timestamptz not null default clock_timestamp();
