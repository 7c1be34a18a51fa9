-- When an invitation is brought to mind, which is done once: sent again afterwards, it has no reminder left.
alter table invitation add column reminded_at timestamptz;

update invitation
set reminded_at = reminder.created_at
from (
    select mailed_link.practice_id, mailed_link.invitation_id, min(message.created_at) as created_at
    from message
    join mailed_link using (practice_id, link_id)
    where message.template = 'invitation-reminder'
    group by mailed_link.practice_id, mailed_link.invitation_id
) as reminder
where invitation.practice_id = reminder.practice_id
  and invitation.invitation_id = reminder.invitation_id;
