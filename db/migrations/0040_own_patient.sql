-- An account has one patient of its own in a practice: of two links at once the later is to a person cared
-- for, as it is of two after each other (Z-15).
update patient_link
set role = 'representative'
where patient_link.role = 'self'
  and exists (
      select from patient_link as earlier
      where earlier.practice_id = patient_link.practice_id
        and earlier.account_id = patient_link.account_id
        and earlier.role = 'self'
        and (earlier.created_at, earlier.patient_id)
            < (patient_link.created_at, patient_link.patient_id));

create unique index patient_link_own_key on patient_link (practice_id, account_id)
    where role = 'self';
