-- Logins that wait for their code, as many as :codes, all of one :client of one :practice.
--
-- No code here can be guessed: its hash is of nothing that anybody types. Every row is at a random
-- place of its table and each login at a random place of the order they are asked in, so that a
-- request finds nothing warm that real ones would not.
create schema bench;
grant usage on schema bench to practice_auth_service;

create table bench.login as
select n - 1 as position, gen_random_uuid() as login_id, gen_random_uuid() as account_id
from generate_series(1, :codes) as n;

-- The id of each code is the id of the login after it. pgbench cannot make up a uuid, but it can
-- keep a column of its last answer: so the answer to one guess says where the next one goes.
alter table bench.login add column code_id uuid;
update bench.login
set code_id = following.login_id
from bench.login as following
where following.position = (login.position + 1) % :codes;

alter table bench.login add primary key (position);
grant select on bench.login to practice_auth_service;

insert into account (account_id, first_name, last_name, locale, password)
select account_id, 'Anna', 'Jansen', 'nl', '\x00'
from bench.login
order by account_id;

insert into login
    (practice_id, login_id, client_id, account_id, plan, steps, proofs, expires_at)
select :'practice'::uuid, login_id, :'client'::uuid, account_id, array['code'], array['code'],
       proof('pwd'), clock_timestamp() + interval '2 hours'
from bench.login
order by login_id;

insert into code_subject
    (practice_id, subject_id, purpose, newest_code_id, newest_sent_at, newest_reference)
select :'practice'::uuid, account_id, 'sign-in', code_id, clock_timestamp(), 'AB'
from bench.login
order by account_id;

-- A code lives ten minutes and the measurements take longer: these are sent an hour from now.
insert into code
    (practice_id, code_id, subject_id, purpose, flow_id, client_id, factor_id, channel,
     destination, reference, code_hash, sent_at, expires_at, resend_at)
select :'practice'::uuid, code_id, account_id, 'sign-in', login_id, :'client'::uuid,
       gen_random_uuid(), 'email', 'p•••@example.org', 'AB', sha256(uuid_send(login_id)),
       sent_at, sent_at + interval '10 minutes', sent_at + interval '30 seconds'
from bench.login
cross join (select clock_timestamp() + interval '1 hour' as sent_at) as sending
order by code_id;

vacuum (freeze, analyze) bench.login, account, login, code_subject, code, audit;
-- The last one: from here on no measurement pays for another's first touch of a page.
checkpoint;
