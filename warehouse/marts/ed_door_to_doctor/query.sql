-- One row per visit to the emergency department: from the door to a doctor.
insert into {drafts:Identifier} (
    stage, scope_id, day, started_at, ended_at, measured, open_until, excluded, dims, visit_id, patient_id
)
with
    arrivals as (
        select
            *,
            multiIf(
                arrived_at is null, 'missing_start',
                seen_at is not null, '',
                departed_at is null, '',
                disposition = 'lwbs', 'left',
                'missing_end'
            ) as reason
        from {emergencies:Identifier}
        where arrived_at is not null or seen_at is not null
    )
select
    'ed_door_to_doctor' as stage,
    visit_id as scope_id,
    day,
    arrived_at as started_at,
    seen_at as ended_at,
    reason = '' and seen_at is not null as measured,
    if(reason = '' and seen_at is null, arrived_at + interval 12 hour, null) as open_until,
    reason as excluded,
    dims,
    visit_id,
    patient_id
from arrivals
