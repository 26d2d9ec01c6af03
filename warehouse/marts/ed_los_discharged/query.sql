-- One row per visit to the emergency department: from the door to its departure, counted when discharged.
insert into {drafts:Identifier} (
    stage, scope_id, day, started_at, ended_at, measured, open_until, excluded, dims, visit_id, patient_id
)
with
    arrivals as (
        select
            *,
            multiIf(
                arrived_at is null, 'missing_start',
                departed_at is not null and disposition != 'discharged', 'not_discharged',
                ''
            ) as reason
        from {emergencies:Identifier}
        where arrived_at is not null or (departed_at is not null and disposition = 'discharged')
    )
select
    'ed_los_discharged' as stage,
    visit_id as scope_id,
    day,
    arrived_at as started_at,
    departed_at as ended_at,
    reason = '' and departed_at is not null as measured,
    if(reason = '' and departed_at is null, arrived_at + interval 72 hour, null) as open_until,
    reason as excluded,
    dims,
    visit_id,
    patient_id
from arrivals
