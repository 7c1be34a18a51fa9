-- What a register entry holds of that by which a person may prove who they are (e-mail address, date of
-- birth, postcode), as an HMAC whose key is not in the database. It changes with any of them, and with
-- nothing else, so that an invitation knows that it was made for what no longer holds (Z-14).
alter table patient add column identity_mac bytea;

-- A practice invites a patient to an account of their own (IN-1). What becomes of it is kept, for the
-- practice; what it leads to is an enrolment.
create table invitation (
    practice_id uuid not null,
    invitation_id uuid not null,
    patient_id uuid not null,
    client_id uuid not null,
    -- As the patient's was then: where they differ, the invitation is void.
    identity_mac bytea not null,
    -- The one link that opens it: the newest. Those before it are void.
    link_id uuid not null,
    -- Masked, as every answer shows it.
    destination text not null,
    created_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz not null,
    ended_at timestamptz,
    end_reason text,
    constraint invitation_pkey primary key (practice_id, invitation_id),
    constraint invitation_client_fkey foreign key (practice_id, client_id) references client,
    constraint invitation_patient_fkey
        foreign key (practice_id, patient_id) references patient on delete cascade,
    constraint invitation_end_explained check ((ended_at is null) = (end_reason is null)),
    constraint invitation_end_known
        check (
            end_reason in (
                'accepted', 'linked', 'declined', 'withdrawn', 'expired', 'details-changed',
                'tries-exhausted'))
) with (fillfactor = 80);

-- A patient has one open invitation: another call returns it.
create unique index invitation_open_key on invitation (practice_id, patient_id)
    where ended_at is null;

create index invitation_patient_idx on invitation (practice_id, patient_id);

-- A link that was mailed. Opening it uses nothing up: mail scanners open every link (IN-2).
create table mailed_link (
    practice_id uuid not null,
    link_id uuid not null,
    invitation_id uuid not null,
    -- SHA-256 of 192 random bits; the token itself stands in the mail alone.
    token_hash bytea not null,
    created_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz not null,
    constraint mailed_link_pkey primary key (practice_id, link_id),
    constraint mailed_link_invitation_fkey
        foreign key (practice_id, invitation_id) references invitation on delete cascade,
    constraint mailed_link_token_key unique (practice_id, token_hash)
);

create index mailed_link_invitation_idx on mailed_link (practice_id, invitation_id);

-- The links that a mail may still bring to somebody (SC-9).
create view live_link as
select mailed_link.practice_id, mailed_link.link_id
from mailed_link
join invitation using (practice_id, invitation_id)
join patient using (practice_id, patient_id)
where invitation.link_id = mailed_link.link_id
  and invitation.ended_at is null
  and invitation.identity_mac = patient.identity_mac
  and mailed_link.expires_at > clock_timestamp();

-- A message that brings a link lives as long as it. A reminder waits in the outbox until it is due.
alter table message add column link_id uuid;
create index message_link_idx on message (practice_id, link_id) where link_id is not null;

create or replace view live_message as
select message.practice_id, message.message_id
from message
where case
    when message.code_id is not null then (
        select live_code.code_id
        from live_code
        where live_code.practice_id = message.practice_id
          and live_code.code_id = message.code_id) is not null
    when message.link_id is not null then (
        select live_link.link_id
        from live_link
        where live_link.practice_id = message.practice_id
          and live_link.link_id = message.link_id) is not null
    else message.expires_at > clock_timestamp()
end;

grant select, insert, update on invitation to practice_auth_service;
grant select, insert on mailed_link to practice_auth_service;
grant select on live_link to practice_auth_service;
