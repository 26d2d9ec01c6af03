-- One row per inpatient discharge, at its time: was the stay settled on the same date?
insert into {drafts:Identifier} (stage, scope_id, at, measured, num, dims, visit_id, patient_id)
with
    told as (
        select
            visit_id,
            argMinIf(
                tuple(occurred_at, timed, said.ward), (occurred_at, event_id), event_type = 'inpatient.discharged'
            ) as discharge,
            countIf(event_type = 'inpatient.discharged') > 0 as was_discharged,
            groupArrayIf(toDate(occurred_at, {zone:String}), event_type = 'inpatient.settled') as settled_on,
            argMinIf(said.settle_place, (occurred_at, event_id), event_type = 'inpatient.settled') as place
        from {facts:Identifier}
        where event_type in ('inpatient.discharged', 'inpatient.settled') and visit_id != ''
        group by visit_id
    )
select
    'discharge_settled' as stage,
    told.visit_id as scope_id,
    discharge.1 as at,
    false as measured,
    has(settled_on, toDate(discharge.1, {zone:String})) as num,
    map('ward', if(discharge.3 = '', '?', discharge.3), 'settle_place', if(place = '', '?', place)) as dims,
    told.visit_id as visit_id,
    visits.patient_id as patient_id
from told
inner join {visits:Identifier} as visits on visits.visit_id = told.visit_id
where was_discharged and discharge.2 and not visits.dropped
