-- Where a pass was used, as its network's HMAC. Until the pass ends its owner is known from there: the code
-- that follows the password may come late or be mistyped, while strangers go on.
alter table login_pass add column network_key bytea;
