-- One row per complaint: from its receipt to the first response.
insert into {drafts:Identifier} (
    stage, scope_id, started_at, ended_at, measured, open_until, excluded, dims, visit_id, patient_id
)
select
    'complaint_response', subject, asked_at, answered_at, measured, if(is_open, asked_at + interval 14 day, null), reason,
    map('dept', dept, 'channel', channel), visit, patient
from {answers:Identifier}
where about = 'complaint'
