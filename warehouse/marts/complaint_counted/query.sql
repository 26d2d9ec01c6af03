-- One row per complaint, at its receipt.
insert into {drafts:Identifier} (stage, scope_id, at, measured, dims, visit_id, patient_id)
select
    'complaint_counted' as stage,
    complaint_id as scope_id,
    received_at as at,
    false as measured,
    map('dept', dept, 'category', category, 'channel', channel, 'severity', severity) as dims,
    visit_id,
    patient_id
from {complaints:Identifier}
where received_at is not null
