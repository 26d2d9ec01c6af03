-- One row per visit to the emergency department: was it out, as it should, within four hours?
insert into {drafts:Identifier} (
    stage, scope_id, day, started_at, ended_at, measured, open_until, excluded, num, dims, visit_id, patient_id
)
with
    arrivals as (
        select
            *,
            multiIf(
                arrived_at is null, 'missing_start',
                departed_at is null and was_departed, 'missing_end',
                departed_at is not null and disposition = '', 'missing_disposition',
                ''
            ) as reason,
            arrived_at + toIntervalSecond({within_s:Map(String, Int64)}['ed_4h'] + 1) as too_late_at
        from {emergencies:Identifier}
        where arrived_at is not null or departed_at is not null
    )
select
    'ed_4h' as stage,
    visit_id as scope_id,
    day,
    arrived_at as started_at,
    departed_at as ended_at,
    reason = '' and departed_at is not null as measured,
    if(reason = '' and departed_at is null, too_late_at, null) as open_until,
    reason as excluded,
    if(measured, departed_at < too_late_at and disposition in ('discharged', 'admitted', 'transferred'), null) as num,
    dims,
    visit_id,
    patient_id
from arrivals
