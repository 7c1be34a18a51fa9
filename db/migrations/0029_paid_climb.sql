-- A message that climbs after its gateway had taken it may be paid for twice, and counts towards the
-- practice's day once more (SU-6): what an SMS to its number costs, in hundredths of the practice's
-- currency. Its number is sealed, so its hand-over writes this; until then it is dear.
alter table message add column sms_price integer not null default 200;
