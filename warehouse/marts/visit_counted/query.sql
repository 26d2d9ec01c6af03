-- One row per visit that counts as service: an outpatient seen, an emergency arrived, an inpatient discharged.
insert into {drafts:Identifier} (stage, scope_id, day, at, measured, dims, visit_id, patient_id)
with
    gates as (
        select
            visit_id,
            minOrNullIf(occurred_at, event_type = 'ed.arrived' and timed) as arrived_at,
            minOrNullIf(occurred_at, event_type = 'inpatient.discharged' and timed) as discharged_at,
            argMinIf(said.ward, (occurred_at, event_id), event_type = 'inpatient.discharged' and timed) as ward,
            argMinIf(said.dept, (occurred_at, event_id), event_type = 'inpatient.admitted') as admitted_dept
        from {facts:Identifier}
        where event_type in ('ed.arrived', 'inpatient.discharged', 'inpatient.admitted') and visit_id != ''
        group by visit_id
    ),
    counted as (
        select
            visits.*,
            multiIf(
                class = 'outpatient' and notEmpty(consultations), consultations[1].1,
                class = 'emergency', gates.arrived_at,
                class = 'inpatient', gates.discharged_at,
                null
            ) as counted_at,
            if(dept = '', '?', dept) as registered_dept,
            multiIf(
                class = 'outpatient' and consultations[1].5 != '', consultations[1].5,
                class = 'outpatient' and arrived_dept != '', arrived_dept,
                class = 'inpatient' and gates.admitted_dept != '', gates.admitted_dept,
                class = 'inpatient' and gates.ward != '', gates.ward,
                registered_dept
            ) as row_dept
        from {visits:Identifier} as visits
        left join gates on gates.visit_id = visits.visit_id
        where not dropped
    )
select
    'visit_counted' as stage,
    visit_id as scope_id,
    if(class = 'inpatient', null, day) as day,
    counted_at as at,
    false as measured,
    map('dept', row_dept, 'class', class) as dims,
    visit_id,
    patient_id
from counted
where counted_at is not null
