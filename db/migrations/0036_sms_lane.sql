-- The part of the practice's SMS of a day that a message was counted in (null: in none but the day itself),
-- and the block of its number: what has to be paid for once more is held to the same (Z-19, SU-6).
alter table message add column sms_lane text;
alter table message add column number_block text;

-- Until its hand-over says what it costs, nothing is known of that: an assumption in øre would be ten times
-- the one in cents.
alter table message alter column sms_price drop not null;
alter table message alter column sms_price drop default;

-- Why the gateway before this one did not deliver it: it outlives the next one's success.
alter table message add column former_reason text;
