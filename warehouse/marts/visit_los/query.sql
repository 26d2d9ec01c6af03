-- One row per outpatient visit that was seen: from the check-in to the last thing that was done for it that day.
insert into {drafts:Identifier} (
    stage, scope_id, day, started_at, ended_at, measured, open_until, excluded, dims, visit_id, patient_id
)
with
    endings as (
        select visit_id, arraySort(groupArray(occurred_at)) as ended
        from {facts:Identifier}
        where timed and visit_id != '' and (
            event_type in ('bill.paid', 'dispensing.dispensed')
            or (event_type = 'consultation.ended' and not said.end_imputed)
        )
        group by visit_id
    ),
    -- The path, and whether it led into the house instead of out of it.
    paths as (
        select
            visit_id,
            countIf(event_type = 'order.placed' and said.category = 'lab') > 0 as had_lab,
            countIf(
                event_type = 'order.placed'
                and said.category in ('imaging', 'ultrasound', 'endoscopy', 'ecg', 'pathology')
            ) > 0 as had_exam,
            countIf(event_type = 'prescription.submitted') > 0 as had_drug,
            countIf(
                startsWith(event_type, 'ed.') or startsWith(event_type, 'inpatient.')
                or (event_type = 'consultation.ended' and said.outcome in ('admitted', 'to_ed'))
            ) > 0 as is_converted
        from {facts:Identifier}
        where visit_id != ''
        group by visit_id
    ),
    seen as (
        select
            visits.visit_id as visit_id,
            visits.patient_id as patient_id,
            arrived_at,
            consultations[1].1 as seen_at,
            coalesce(day, toDate(seen_at, {zone:String})) as row_day,
            toDateTime64(hispulse_wall_clock(row_day, 1440, {zone:String}) + interval 2 hour, 3, 'UTC') as closes_at,
            arrayLastOrNull(at -> at >= seen_at and at < closes_at, endings.ended) as end_at,
            multiIf(arrived_at is null, 'missing_start', is_converted, 'converted', '') as reason,
            multiIf(
                consultations[1].5 != '', consultations[1].5, arrived_dept != '', arrived_dept, dept != '', dept, '?'
            ) as row_dept,
            arrayStringConcat(arrayFilter(step -> step != '', [
                'consult', if(had_lab, 'lab', ''), if(had_exam, 'exam', ''), if(had_drug, 'drug', '')
            ]), '+') as path,
            if(patient_group = '', '?', patient_group) as row_group
        from {visits:Identifier} as visits
        left join endings on endings.visit_id = visits.visit_id
        left join paths on paths.visit_id = visits.visit_id
        where class = 'outpatient' and not dropped and notEmpty(consultations)
    )
select
    'visit_los' as stage,
    visit_id as scope_id,
    row_day as day,
    arrived_at as started_at,
    if(reason = 'missing_start', seen_at, end_at) as ended_at,
    reason = '' and end_at is not null as measured,
    if(reason = '' and end_at is null, closes_at, null) as open_until,
    reason as excluded,
    map('dept', row_dept, 'path', path, 'patient_group', row_group) as dims,
    visit_id,
    patient_id
from seen
