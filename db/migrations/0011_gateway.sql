-- The gateways of a practice: one ladder for each kind of message, tried from rung 1 upwards. A
-- practice without a row for a kind uses the operator's own channel.
create table gateway (
    practice_id uuid not null,
    -- Stands in the URL that the gateway reports to, where it names practice and gateway at once;
    -- nothing secret, since every report is signed (Z-27).
    gateway_id uuid not null,
    kind text not null,
    -- The practice's own word for it; a gateway that keeps its name keeps its id and its secrets.
    name text not null,
    rung smallint not null,
    type text not null,
    -- As the practice gave them; without any secret.
    settings jsonb not null,
    -- Type, scheme, host and port: a change erases the secrets (Z-25).
    origin text not null,
    -- An SMS without a report climbs after that long; null: never.
    report_within_seconds integer,
    -- Sealed, bound to practice, kind, name and origin. Written, used, and never shown.
    secret bytea,
    report_secret bytea,
    constraint gateway_pkey primary key (practice_id, gateway_id),
    constraint gateway_id_unique unique (gateway_id),
    constraint gateway_name_unique unique (practice_id, kind, name),
    constraint gateway_kind_known check (kind in ('email', 'sms')),
    constraint gateway_type_known
        check (type in ('smtp', 'mailbox', 'twilio', 'http', 'webhook'))
);

grant select, insert, update, delete on gateway to practice_auth_service;
