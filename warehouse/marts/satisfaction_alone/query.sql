-- One row per questionnaire about no visit that was answered.
insert into {drafts:Identifier} (stage, scope_id, series, ended_at, measured, millis, excluded, dims, patient_id)
select
    'satisfaction_alone' as stage,
    subject as scope_id,
    series,
    submitted_at as ended_at,
    reason = '' as measured,
    satisfied as millis,
    reason as excluded,
    dims,
    patient_id
from {opinions:Identifier}
where visit_id = ''
