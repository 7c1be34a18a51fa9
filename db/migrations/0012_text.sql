-- A practice's own words for a message, part by part; what is null is the service's (Z-26). They are
-- checked when they are stored and again when they are used, since a release may ask for more.
create table text_override (
    practice_id uuid not null,
    template text not null,
    locale text not null,
    subject text,
    body_text text,
    body_html text,
    sms text,
    changed_at timestamptz not null default clock_timestamp(),
    constraint text_override_pkey primary key (practice_id, template, locale),
    constraint text_override_practice_fkey foreign key (practice_id) references practice,
    constraint text_override_locale_known check (locale in ('nl', 'nb', 'en')),
    constraint text_override_says_something
        check (num_nonnulls(subject, body_text, body_html, sms) > 0),
    constraint text_override_bounded
        check (
            length(subject) <= 16384
            and length(body_text) <= 16384
            and length(body_html) <= 16384
            and length(sms) <= 16384)
);

grant select, insert, update, delete on text_override to practice_auth_service;
