-- When somebody who had its link first began an enrolment: the practice sees that the invitation came into
-- somebody's hands. Nothing rests on it.
alter table invitation add column opened_at timestamptz;
