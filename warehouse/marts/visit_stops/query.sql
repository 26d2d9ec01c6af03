-- One row per outpatient visit that was seen, at its first consultation: at how many places was it served?
insert into {drafts:Identifier} (
    stage, scope_id, day, started_at, ended_at, measured, millis, dims, visit_id, patient_id
)
with
    stops as (
        select
            visit_id,
            uniqExactIf(subject, event_type = 'exam.started') as exams,
            -- Who is called into a clinic or to an examination is counted as seen there.
            uniqExactIf(
                subject,
                event_type = 'queue.served' and said.service_point_type not in ('clinic', 'ultrasound', 'imaging')
            ) as windows,
            countIf(event_type = 'order.placed' and said.category = 'lab') > 0 as had_lab,
            countIf(
                event_type = 'order.placed'
                and said.category in ('imaging', 'ultrasound', 'endoscopy', 'ecg', 'pathology')
            ) > 0 as had_exam,
            countIf(event_type = 'prescription.submitted') > 0 as had_drug
        from {facts:Identifier}
        where visit_id != ''
        group by visit_id
    )
select
    'visit_stops' as stage,
    visits.visit_id as scope_id,
    day,
    consultations[1].1 as started_at,
    consultations[1].1 as ended_at,
    true as measured,
    1000 * (length(consultations) + exams + windows) as millis,
    map(
        'dept', multiIf(
            consultations[1].5 != '', consultations[1].5, arrived_dept != '', arrived_dept, dept != '', dept, '?'
        ),
        'path', arrayStringConcat(arrayFilter(step -> step != '', [
            'consult', if(had_lab, 'lab', ''), if(had_exam, 'exam', ''), if(had_drug, 'drug', '')
        ]), '+')
    ) as dims,
    visits.visit_id as visit_id,
    patient_id
from {visits:Identifier} as visits
left join stops on stops.visit_id = visits.visit_id
where class = 'outpatient' and not dropped and notEmpty(consultations)
