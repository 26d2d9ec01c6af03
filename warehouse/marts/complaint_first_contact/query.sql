-- One row per resolved complaint, at its first resolution: did it rest there, and with who took it in?
insert into {drafts:Identifier} (stage, scope_id, at, measured, num, dims, visit_id, patient_id)
select
    'complaint_first_contact' as stage,
    complaint_id as scope_id,
    first_resolved_at as at,
    false as measured,
    not was_assigned and not arrayExists(
        again -> again > first_resolved_at and again <= first_resolved_at + interval 30 day, reopened
    ) as num,
    map('dept', dept, 'channel', channel) as dims,
    visit_id,
    patient_id
from {complaints:Identifier}
where first_resolved_at is not null
