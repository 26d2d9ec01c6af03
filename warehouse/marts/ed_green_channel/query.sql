-- One row per milestone of a time-critical pathway: from the door of the emergency department to it.
insert into {drafts:Identifier} (
    stage, scope_id, series, day, started_at, ended_at, measured, excluded, dims, visit_id, patient_id
)
with
    milestones as (
        select
            stays.visit_id as visit_id,
            stays.patient_id as patient_id,
            stays.day as day,
            stays.arrived_at as arrived_at,
            stays.dims as dims,
            facts.occurred_at as reached_at,
            facts.said.pathway != '' and facts.said.kind != '' as is_named,
            if(is_named, concat(facts.said.pathway, ':', facts.said.kind), '?') as milestone
        from {facts:Identifier} as facts
        inner join {emergencies:Identifier} as stays on stays.visit_id = facts.visit_id
        where facts.event_type = 'ed.green_channel_milestone' and facts.timed and facts.visit_id != ''
    )
select
    'ed_green_channel' as stage,
    visit_id as scope_id,
    milestone as series,
    day,
    arrived_at as started_at,
    reached_at as ended_at,
    arrived_at is not null and is_named as measured,
    multiIf(arrived_at is null, 'missing_start', not is_named, 'missing_pathway', '') as excluded,
    map('arrival_mode', dims['arrival_mode']) as dims,
    visit_id,
    patient_id
from milestones
