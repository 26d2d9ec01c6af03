-- One row per inpatient stay whose discharge was ordered or that was settled: from the order to the settlement.
insert into {drafts:Identifier} (
    stage, scope_id, day, started_at, ended_at, measured, open_until, excluded, dims, visit_id, patient_id
)
with
    told as (
        select
            visit_id,
            minOrNullIf(occurred_at, event_type = 'inpatient.discharge_ordered' and timed) as ordered_at,
            minOrNullIf(occurred_at, event_type = 'inpatient.settled' and timed) as settled_at,
            countIf(event_type = 'inpatient.settled') > 0 as was_settled,
            argMinIf(said.settle_place, (occurred_at, event_id), event_type = 'inpatient.settled') as place,
            argMinIf(
                tuple(said.ward, said.disposition), (occurred_at, event_id), event_type = 'inpatient.discharged'
            ) as discharge
        from {facts:Identifier}
        where startsWith(event_type, 'inpatient.') and visit_id != ''
        group by visit_id
    ),
    judged as (
        select
            *,
            multiIf(
                ordered_at is null, 'missing_start',
                discharge.2 in ('died', 'ama'), discharge.2,
                settled_at is null and was_settled, 'missing_end',
                ''
            ) as reason
        from told
        where ordered_at is not null or settled_at is not null
    )
select
    'discharge_process' as stage,
    judged.visit_id as scope_id,
    toDate(coalesce(ordered_at, settled_at), {zone:String}) as day,
    ordered_at as started_at,
    settled_at as ended_at,
    ordered_at is not null and settled_at is not null as measured,
    if(reason = '' and settled_at is null, ordered_at + interval 7 day, null) as open_until,
    reason as excluded,
    map('ward', if(discharge.1 = '', '?', discharge.1), 'settle_place', if(place = '', '?', place)) as dims,
    judged.visit_id as visit_id,
    visits.patient_id as patient_id
from judged
inner join {visits:Identifier} as visits on visits.visit_id = judged.visit_id
where not visits.dropped
