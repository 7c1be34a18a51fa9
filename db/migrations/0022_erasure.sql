-- What the erasure of an account takes out (SU-3): what becomes of each table stands in the code, at
-- `EraseAccount`. The audit is not among them.
grant delete on
    account, membership, identifier, contact, freeze_code, session, login, login_pass, code,
    code_subject, code_request, message, consent, recovery, desk_code
to practice_auth_service;

-- Whether another practice has the account too.
create index if not exists membership_account_idx on membership (account_id);

create index code_request_account_idx on code_request (practice_id, account_id)
    where account_id is not null;
create index recovery_erasure_idx on recovery (practice_id, account_id);
create index freeze_code_account_idx on freeze_code (practice_id, account_id);
