-- The sessions of the file :rows, over all accounts, at random places of the table. Half of them have the
-- token that the service would have given out, for requests over HTTP; the other half one that pgbench
-- can make up from the session's number.
create temporary table given (number int8, session_id uuid, refresh_hash bytea);
copy given from :'rows';

insert into session
    (practice_id, session_id, account_id, client_id, proofs, authenticated_at, refresh_hash,
     rotated_at, expires_at)
select :'practice'::uuid, given.session_id, login.account_id, :'client'::uuid,
       proof('pwd') || proof('email'), clock_timestamp(), given.refresh_hash, clock_timestamp(),
       clock_timestamp() + interval '1 day'
from given
join bench.login
    on login.kind = 'wrong'
    and login.position = given.number
        % (select count(*) from bench.login where kind = 'wrong')
order by random();

vacuum (freeze, analyze) session;
checkpoint;
