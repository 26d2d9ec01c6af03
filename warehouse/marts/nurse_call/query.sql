-- One row per call for a nurse: from the call to the answer.
insert into {drafts:Identifier} (
    stage, scope_id, started_at, ended_at, measured, open_until, excluded, dims, visit_id, patient_id
)
select
    'nurse_call', subject, asked_at, answered_at, measured, if(is_open, asked_at + interval 12 hour, null), reason,
    map('ward', ward), visit, patient
from {answers:Identifier}
where about = 'nursecall'
