-- Invitations of patients whose account was imported while they stood open: they led to a second account
-- of the same patient, which there can't be. Their links say from now on that the account is active (Z-13).
update invitation
set ended_at = clock_timestamp(),
    end_reason = 'accepted'
from patient_link
where patient_link.practice_id = invitation.practice_id
  and patient_link.patient_id = invitation.patient_id
  and patient_link.role = 'self'
  and invitation.ended_at is null;
