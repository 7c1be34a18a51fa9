-- Words for the codes of one purpose, such as the pharmacy's; empty where they are for all. An instance of
-- the release before can't change texts from here on until it is replaced; it sends them as before.
alter table text_override
    add column purpose text not null default '',
    drop constraint text_override_pkey,
    add constraint text_override_pkey primary key (practice_id, template, locale, purpose),
    add constraint text_override_purpose_is_of_other_systems
        check (purpose = '' or template = 'one-time-code');
