/// Tables that grow with every patient or sign-in, and what they hold after a while.
enum GrowingTables {
    static let names: Set<String> = [
        "account", "membership", "identifier", "contact", "patient", "patient_number",
        "patient_link", "session",
        "login", "login_pass", "code", "code_subject", "code_request", "send_count", "destination",
        "message", "invitation", "mailed_link", "enrolment", "customer_number", "activation_pin",
        "consent", "audit", "refusal", "contact_change", "freeze_code", "factor",
        "recovery_codes", "recovery_pin", "idempotency", "throttle", "audit_seal",
        "recovery", "desk_code", "linking_code", "remembered_device",
    ]

    /// 12,000 people of four practices, each of whom signed in once in the last 90 days; one message
    /// in two hundred still waits.
    static let fill = """
        insert into practice
            (practice_id, name, country, time_zone, locale, audience, portal_origin,
             support_contact)
        select md5('practice' || n)::uuid, 'Practice ' || n, 'NL', 'Europe/Amsterdam', 'nl',
               'audience-' || n, 'https://portal.example', '030 000 00 00'
        from generate_series(0, 3) as n;
        insert into client (practice_id, client_id, name)
        select practice_id, gen_random_uuid(), 'portal'
        from practice;
        insert into api_key (practice_id, key_id, client_id, key_hash, scopes, expires_at)
        select practice_id, gen_random_uuid(), client_id, sha256(uuid_send(client_id)),
               '{logins}', clock_timestamp() + interval '1 year'
        from client;
        insert into account (account_id, first_name, last_name, locale, password)
        select md5('account' || n)::uuid, 'Anna', 'Jansen', 'nl', '\\x00'
        from generate_series(1, 12000) as n;
        insert into membership (practice_id, account_id)
        select md5('practice' || n % 4)::uuid, md5('account' || n)::uuid
        from generate_series(1, 12000) as n;
        insert into identifier (practice_id, value_index, account_id, kind, key_id, value)
        select practice_id, sha256(uuid_send(account_id) || kind::bytea), account_id, kind, 'k1',
               '\\x00'
        from membership
        cross join (values ('username'), ('email')) as name (kind);
        insert into contact (account_id, contact_id, kind, address, confirmed_at)
        select account_id, gen_random_uuid(), 'email', 'a@example.nl', clock_timestamp()
        from account;
        insert into contact (account_id, contact_id, kind, address, stood_from, stood_until)
        select account_id, gen_random_uuid(), 'email', 'b@example.nl', created_at,
               clock_timestamp()
        from account;
        insert into contact_change
            (practice_id, account_id, kind, change_id, session_id, address, confirmed_at)
        select practice_id, account_id, kind, gen_random_uuid(), gen_random_uuid(), 'a@example.nl',
               clock_timestamp()
        from membership
        cross join (values ('email'), ('sms')) as reach (kind);
        insert into freeze_code (practice_id, code_hash, account_id, expires_at)
        select practice_id, sha256(uuid_send(account_id)), account_id, clock_timestamp()
        from membership;
        insert into factor (account_id, factor_id, practice_id, type, address, activated_at)
        select account_id, gen_random_uuid(), practice_id, 'sms', '+31612345678', clock_timestamp()
        from membership;
        insert into recovery_pin
            (practice_id, account_id, pin_id, session_id, hash, activated_at)
        select practice_id, account_id, account_id, account_id, '\\x00', clock_timestamp()
        from membership;
        insert into recovery_codes (account_id, set_id, hashes, digests)
        select account_id, gen_random_uuid(), array[sha256(uuid_send(account_id))], '\\x00'
        from account;
        insert into patient
            (practice_id, patient_id, external_id, first_name, last_name, national_number,
             content_mac, key_id)
        select practice_id, account_id, account_id::text, 'Anna', 'Jansen', '\\x00',
               sha256(uuid_send(account_id)), 'k1'
        from membership;
        insert into patient_number (practice_id, number_index, patient_id, key_id)
        select practice_id, sha256(uuid_send(patient_id)), patient_id, 'k1'
        from patient;
        insert into patient_link (practice_id, account_id, patient_id, role, identity_level)
        select practice_id, account_id, account_id, 'self', 'none'
        from membership;
        insert into document (practice_id, kind, version, locale, title, text, text_hash)
        select practice_id, kind, version, language, 'Title', 'Text', sha256('Text')
        from practice
        cross join unnest(array['terms', 'privacy']) as kind
        cross join unnest(array['2025-1', '2026-1']) as version
        cross join unnest(array['nl', 'en']) as language;
        insert into consent (practice_id, account_id, kind, version, locale, text_hash)
        select practice_id, account_id, kind, '2026-1', 'nl', sha256('Text')
        from membership
        cross join unnest(array['terms', 'privacy']) as kind;
        insert into invitation
            (practice_id, invitation_id, patient_id, client_id, identity_mac, link_id, destination,
             expires_at)
        select practice_id, patient_id, patient_id, client_id, '\\x00', patient_id, 'a•••@e•••.nl',
               clock_timestamp() + interval '14 days'
        from patient
        join client using (practice_id);
        insert into mailed_link (practice_id, link_id, invitation_id, token_hash, expires_at)
        select practice_id, link_id, invitation_id, sha256(uuid_send(link_id)), expires_at
        from invitation;
        insert into message
            (practice_id, message_id, channel, template, locale, body, state, expires_at, link_id)
        select practice_id, gen_random_uuid(), 'email', 'invitation', 'nl', null, 'sent',
               expires_at, link_id
        from invitation;
        insert into customer_number (practice_id, patient_id, number, account_id)
        select practice_id, account_id, (1000000000 + row_number() over ())::text, account_id
        from membership;
        insert into activation_pin (practice_id, patient_id, hash, expires_at, way)
        select practice_id, account_id, '\\x00', clock_timestamp(), 'pin-post'
        from membership;
        insert into enrolment
            (practice_id, enrolment_id, invitation_id, client_id, account_id, expires_at)
        select practice_id, invitation_id, invitation_id, client_id, invitation_id,
               clock_timestamp() + interval '24 hours'
        from invitation;
        insert into login
            (practice_id, login_id, client_id, account_id, plan, steps, proofs, session_id,
             created_at, expires_at, done_at)
        select membership.practice_id, gen_random_uuid(), client.client_id, membership.account_id,
               '{code}', '{}', proof('pwd') || proof('email'), gen_random_uuid(), past.instant,
               past.instant + interval '30 min', past.instant
        from membership
        join client using (practice_id)
        cross join lateral (
            select clock_timestamp() - random() * interval '90 days' as instant) as past;
        insert into audit_seal (practice_id, position, last_audit_id, row_count, key_id, seal)
        select practice_id, position, practice_id, 1, 'k1', '\\x00'
        from practice
        cross join generate_series(1, 3000) as position;
        insert into login_pass (practice_id, account_id, pass_hash, guesses_left, expires_at)
        select practice_id, account_id, '\\x00', 5, clock_timestamp()
        from membership;
        insert into session
            (practice_id, session_id, account_id, client_id, network_key, proofs,
             authenticated_at, refresh_hash, rotated_at, expires_at, created_at)
        select practice_id, session_id, account_id, client_id, sha256(uuid_send(account_id)),
               proofs, done_at, sha256(uuid_send(session_id)), done_at,
               done_at + interval '1 day', done_at
        from login;
        insert into code
            (practice_id, code_id, subject_id, purpose, flow_id, client_id, factor_id, channel,
             destination, reference, code_hash, sent_at, expires_at, resend_at, used_at)
        select practice_id, gen_random_uuid(), account_id, 'sign-in', login_id, client_id,
               account_id, 'email', 'a•••@e•••.nl', 'AB', sha256(uuid_send(login_id)), created_at,
               created_at + interval '10 min', created_at + interval '30 s', created_at
        from login;
        insert into code_subject
            (practice_id, subject_id, purpose, newest_code_id, newest_sent_at, newest_reference)
        select practice_id, subject_id, purpose, code_id, sent_at, reference
        from code;
        insert into code_request
            (practice_id, request_id, client_id, subject_id, purpose, destination, locale, digits,
             lifetime_seconds)
        select practice_id, flow_id, client_id, subject_id, 'pick-up', '\\x00', 'nl', 6, 600
        from code;
        insert into send_count (practice_id, counter, window_start, slice, amount)
        select practice_id, 'client:' || code_id, date_trunc('hour', sent_at), 0, 1
        from code;
        insert into destination (practice_id, destination_key, sends)
        select practice_id, sha256(uuid_send(account_id)), array[done_at]
        from login;
        insert into message
            (practice_id, message_id, code_id, channel, template, locale, body, state,
             next_attempt_at, expires_at)
        select practice_id, gen_random_uuid(), code_id, 'email', 'session-code', 'nl',
               case when number % 200 = 0 then '\\x00'::bytea end,
               case when number % 200 = 0 then 'queued' else 'sent' end, sent_at, expires_at
        from (select *, row_number() over () as number from code) as numbered;
        insert into message
            (practice_id, message_id, channel, template, locale, body, state, expires_at)
        select practice_id, gen_random_uuid(), 'email', 'sign-in-pass', 'nl', null, 'sent',
               clock_timestamp()
        from membership;
        insert into recovery
            (practice_id, recovery_id, client_id, account_id, subject_id, expires_at, done_at,
             changed)
        select practice_id, login_id, client_id, account_id, account_id, expires_at, done_at,
               'password'
        from login;
        insert into desk_code
            (practice_id, account_id, desk_code_id, code_hash, identity_document, acting_staff,
             expires_at, used_at)
        select practice_id, account_id, login_id, '\\x00', 'passport', 'a.dewit', expires_at,
               done_at
        from login;
        insert into linking_code
            (practice_id, account_id, code_id, session_id, code_hash, expires_at, used_at)
        select practice_id, account_id, login_id, login_id, sha256(uuid_send(login_id)),
               expires_at, done_at
        from login;
        insert into remembered_device
            (practice_id, account_id, device_id, client_id, token_hash, expires_at)
        select practice_id, account_id, login_id, client_id, sha256(uuid_send(login_id)),
               expires_at
        from login;
        insert into audit
            (practice_id, event, result, client_id, account_id, object_id, request_id)
        select practice_id, event, 'done', client_id, account_id, login_id, gen_random_uuid()
        from login
        cross join (values ('login-started'), ('login-completed')) as act (event);
        insert into refusal (practice_id, minute, network_key, reason, refusals)
        select practice_id, date_trunc('minute', done_at), sha256(uuid_send(login_id)), 'unknown', 1
        from login;
        insert into idempotency (practice_id, client_id, key_hash, fingerprint, outcome)
        select practice_id, client_id, sha256(uuid_send(login_id)), '\\x00', '{}'
        from login;
        insert into throttle
            (practice_id, throttle_key, failures, since, last_failed_at, blocked_until)
        select practice_id, sha256(uuid_send(login_id)), 1, done_at, done_at, done_at
        from login;
        """
}
