-- Logins that wait for their code, all of one :client of one :practice: as many as :codes for wrong
-- guesses, and those of the file :rows, whose code somebody knows.
--
-- A login's id is made of its number, so that pgbench, which cannot make up a uuid, can ask for the
-- next one; its rows are at random places of their tables, so that a request finds nothing warm that
-- real ones would not; but the first :recent were sent after all others. No code of the first kind can be guessed: its hash is of nothing that anybody types.
create schema bench;

create temporary table known (position int8, login_id uuid, code_hash bytea);
copy known from :'rows';

create table bench.login as
select n as position, md5('wrong' || n)::uuid as login_id, gen_random_uuid() as account_id,
       gen_random_uuid() as code_id, '\x00'::bytea as code_hash, 'wrong' as kind
from generate_series(0, :codes - 1) as n
union all
select position, login_id, gen_random_uuid(), gen_random_uuid(), code_hash, 'right'
from known;

alter table bench.login add primary key (kind, position);

insert into account (account_id, first_name, last_name, locale, password)
select account_id, 'Anna', 'Jansen', 'nl', '\x00'
from bench.login
order by position < :recent, account_id;

insert into membership (practice_id, account_id)
select :'practice'::uuid, account_id
from bench.login
order by position < :recent, account_id;

insert into login
    (practice_id, login_id, client_id, account_id, plan, steps, proofs, expires_at)
select :'practice'::uuid, login_id, :'client'::uuid, account_id, array['code'], array['code'],
       proof('pwd'), clock_timestamp() + interval '6 hours'
from bench.login
order by position < :recent, login_id;

insert into code_subject
    (practice_id, subject_id, purpose, newest_code_id, newest_sent_at, newest_reference)
select :'practice'::uuid, account_id, 'sign-in', code_id, clock_timestamp(), 'AB'
from bench.login
order by position < :recent, account_id;

insert into code
    (practice_id, code_id, subject_id, purpose, flow_id, client_id, factor_id, channel,
     destination, reference, code_hash, sent_at, expires_at, resend_at)
select :'practice'::uuid, code_id, account_id, 'sign-in', login_id, :'client'::uuid,
       gen_random_uuid(), 'email', 'p•••@example.org', 'AB', code_hash,
       sent_at, sent_at + interval '10 minutes', sent_at + interval '30 seconds'
from bench.login
cross join (select clock_timestamp() as sent_at) as sending
order by position < :recent, code_id;

-- The answer to a right code says how far its message got.
insert into message
    (practice_id, message_id, code_id, channel, template, locale, state, expires_at, handed_over_at)
select :'practice'::uuid, gen_random_uuid(), code_id, 'email', 'session-code', 'nl', 'sent',
       clock_timestamp() + interval '10 minutes', clock_timestamp()
from bench.login
where kind = 'right'
order by code_id;

vacuum (freeze, analyze)
    bench.login, account, membership, login, code_subject, code, message, audit;
-- The last one: from here on no measurement pays for another's first touch of a page.
checkpoint;
