-- What a practice's patients must agree to: terms and privacy statement, by version and language (IN-5).
-- A text that was published never changes, since acceptances refer to it; another text is another
-- version.
create table document (
    practice_id uuid not null,
    kind text not null,
    -- The practice's own word for it, such as `2026-1`.
    version text not null,
    locale text not null,
    title text not null,
    text text not null,
    -- SHA-256 of the text, which a consent repeats.
    text_hash bytea not null,
    created_at timestamptz not null default clock_timestamp(),
    constraint document_pkey primary key (practice_id, kind, version, locale),
    constraint document_practice_fkey foreign key (practice_id) references practice,
    constraint document_kind_known check (kind in ('terms', 'privacy')),
    constraint document_version_spelled check (version ~ '^[A-Za-z0-9._-]{1,32}$'),
    constraint document_locale_known check (locale in ('nl', 'nb', 'en')),
    constraint document_bounded
        check (length(title) between 1 and 200 and length(text) between 1 and 100000),
    constraint document_text_hashed check (length(text_hash) = 32)
);

-- The version of each kind that is in force: the one whose first text came last. A translation that
-- follows later makes no old version new again.
create view current_document as
select distinct on (version_since.practice_id, version_since.kind)
       version_since.practice_id, version_since.kind, version_since.version
from (
    select document.practice_id, document.kind, document.version, min(document.created_at) as since
    from document
    group by document.practice_id, document.kind, document.version
) as version_since
order by version_since.practice_id, version_since.kind, version_since.since desc,
         version_since.version;

-- Who accepted what, when, and in which language they read it. It stays as it is: later versions have
-- rows of their own.
create table consent (
    practice_id uuid not null,
    account_id uuid not null,
    kind text not null,
    version text not null,
    locale text not null,
    text_hash bytea not null,
    accepted_at timestamptz not null default clock_timestamp(),
    constraint consent_pkey primary key (practice_id, account_id, kind, version),
    constraint consent_membership_fkey
        foreign key (practice_id, account_id) references membership,
    constraint consent_document_fkey
        foreign key (practice_id, kind, version, locale) references document
);

grant select, insert on document, consent to practice_auth_service;
grant select on current_document to practice_auth_service;
