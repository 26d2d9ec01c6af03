-- One row per stay in observation: from entering to leaving it.
insert into {drafts:Identifier} (
    stage, scope_id, part, day, started_at, ended_at, measured, open_until, excluded, dims, visit_id, patient_id
)
select
    'ed_observation_stay' as stage, visit_id as scope_id, part, day, entered_at as started_at, left_at as ended_at,
    entered_at is not null and left_at is not null as measured,
    if(left_at is null, entered_at + interval 14 day, null) as open_until, reason as excluded, dims, visit_id, patient_id
from {ed_stays:Identifier}
where kind = 'observation'
