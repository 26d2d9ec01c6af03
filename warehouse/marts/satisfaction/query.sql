-- One row per questionnaire about a visit that was answered.
insert into {drafts:Identifier} (
    stage, scope_id, part, series, ended_at, measured, millis, excluded, dims, visit_id, patient_id
)
select
    'satisfaction' as stage,
    visit_id as scope_id,
    survey_id as part,
    series,
    submitted_at as ended_at,
    reason = '' as measured,
    satisfied as millis,
    reason as excluded,
    dims,
    visit_id,
    patient_id
from {opinions:Identifier}
where visit_id != ''
