-- Tries to prove who one is, over all enrolments of an invitation; none left closes it (Z-14).
alter table invitation
    add column identity_tries_left smallint not null default 5,
    add constraint invitation_tries_counted check (identity_tries_left between 0 and 5);

-- What a link confirms: the mailbox of one enrolment, or null for that of an invitation.
alter table mailed_link add column enrolment_id uuid;

-- The way from an invitation to an account, step by step. Each opening of a link makes one; it belongs to
-- the client that began it (Z-8), and to nobody else.
create table enrolment (
    practice_id uuid not null,
    enrolment_id uuid not null,
    invitation_id uuid not null,
    client_id uuid not null,
    -- How the person proved who they are; null until then.
    identity_level text,
    identified_at timestamptz,
    -- The second way's fresh mail: its newest link, and when the mailbox was confirmed by it.
    link_id uuid,
    confirmed_at timestamptz,
    -- What was typed, for as long as the enrolment is open. The password is hashed and sealed, bound to
    -- the account that the enrolment comes to.
    first_name text,
    last_name text,
    username text,
    password bytea,
    account_id uuid not null,
    -- The documents that were accepted, as `[{kind, version, locale}]`.
    documents jsonb not null default '[]',
    session_id uuid,
    -- Rises with each step: a step that has not seen the last one is judged anew.
    revision integer not null default 1,
    created_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz not null,
    ended_at timestamptz,
    end_reason text,
    constraint enrolment_pkey primary key (practice_id, enrolment_id),
    constraint enrolment_client_fkey foreign key (practice_id, client_id) references client,
    constraint enrolment_invitation_fkey
        foreign key (practice_id, invitation_id) references invitation on delete cascade,
    constraint enrolment_identity_known
        check (identity_level in ('kbv', 'pin-post', 'pin-desk')),
    constraint enrolment_identity_dated
        check ((identity_level is null) = (identified_at is null)),
    constraint enrolment_end_explained check ((ended_at is null) = (end_reason is null)),
    constraint enrolment_end_known
        check (end_reason in ('accepted', 'linked', 'declined', 'overtaken', 'expired')),
    constraint enrolment_typed_only_while_open
        check (ended_at is null or num_nonnulls(first_name, last_name, username, password) = 0)
) with (fillfactor = 80);

create index enrolment_invitation_idx on enrolment (practice_id, invitation_id);
-- Those that die quietly.
create index enrolment_expiry_idx on enrolment (expires_at) where ended_at is null;

-- An address that several patients have is a contact and names nobody (Z-16, Z-17).
create index patient_email_idx on patient (practice_id, lower(email)) where email is not null;

create or replace view live_link as
select mailed_link.practice_id, mailed_link.link_id
from mailed_link
join invitation using (practice_id, invitation_id)
join patient using (practice_id, patient_id)
where invitation.ended_at is null
  and invitation.identity_mac = patient.identity_mac
  and mailed_link.expires_at > clock_timestamp()
  and case
      when mailed_link.enrolment_id is null then invitation.link_id = mailed_link.link_id
      else (
          select enrolment.link_id
          from enrolment
          where enrolment.practice_id = mailed_link.practice_id
            and enrolment.enrolment_id = mailed_link.enrolment_id
            and enrolment.confirmed_at is null
            and enrolment.ended_at is null) = mailed_link.link_id
  end;

-- The documents in force that an enrolment has not accepted yet (IN-5).
create view document_due as
select enrolment.practice_id, enrolment.enrolment_id, current_document.kind
from enrolment
join current_document using (practice_id)
where not exists (
    select from jsonb_to_recordset(enrolment.documents) as accepted (kind text, version text)
    where accepted.kind = current_document.kind
      and accepted.version = current_document.version);

grant select on document_due to practice_auth_service;
grant select, insert, update, delete on enrolment to practice_auth_service;
