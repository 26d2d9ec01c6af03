-- One row per visit to the emergency department: from the door to triage, or to the resuscitation room before it.
insert into {drafts:Identifier} (
    stage, scope_id, day, started_at, ended_at, measured, millis, open_until, excluded, dims, flags,
    visit_id, patient_id
)
with
    arrivals as (
        select
            *,
            arrived_at is not null and resus_at is not null and ifNull(resus_at < triaged_at, true) as is_resus,
            if(is_resus, resus_at, triaged_at) as end_at,
            multiIf(
                arrived_at is null, 'missing_start',
                end_at is not null, '',
                departed_at is null, '',
                disposition = 'lwbs', 'left',
                'missing_end'
            ) as reason
        from {emergencies:Identifier}
        where arrived_at is not null or (triaged_at is not null and class = 'emergency')
    )
select
    'ed_door_to_triage' as stage,
    visit_id as scope_id,
    day,
    arrived_at as started_at,
    end_at as ended_at,
    reason = '' and end_at is not null as measured,
    if(is_resus, 0, null) as millis,
    if(reason = '' and end_at is null, arrived_at + interval 12 hour, null) as open_until,
    reason as excluded,
    dims,
    if(is_resus, ['resus'], []) as flags,
    visit_id,
    patient_id
from arrivals
