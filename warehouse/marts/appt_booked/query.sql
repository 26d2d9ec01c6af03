-- One row per booking of the day: an appointment was made.
insert into {drafts:Identifier} (stage, scope_id, at, measured, num, dims, visit_id, patient_id)
select
    'appt_booked' as stage,
    appointment_id as scope_id,
    booked_at as at,
    false as measured,
    true as num,
    map('channel', if(channel = '', '?', channel), 'dept', dept) as dims,
    visit_id,
    patient_id
from {appointments:Identifier}
where booked_at is not null
