-- What a former key of the ring made and is kept for long is made anew by the current one, in the
-- background; these find it.

-- The id of the key that sealed a value; it stands in the value itself.
create function sealing_key(envelope bytea) returns text
language sql immutable
return case
    when length(envelope) > 2
    then encode(substring(envelope from 3 for get_byte(envelope, 1)), 'escape')
end;

create index account_password_key_idx on account (sealing_key(password));
create index enrolment_password_key_idx on enrolment (sealing_key(password))
    where password is not null;
create index factor_secret_key_idx on factor (sealing_key(secret)) where secret is not null;
create index activation_pin_key_idx on activation_pin (sealing_key(hash));
create index recovery_pin_key_idx on recovery_pin (sealing_key(hash));
create index recovery_codes_key_idx on recovery_codes (sealing_key(digests));
