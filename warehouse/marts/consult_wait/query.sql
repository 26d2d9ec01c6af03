-- One row per outpatient visit that came (series ''), and one per further consultation of it (series 'seq≥2').
insert into {drafts:Identifier} (
    stage, scope_id, part, series, day, started_at, ended_at, measured, open_until, excluded, dims, visit_id, patient_id
)
with
    -- Every consultation of every outpatient visit by its place in it; place 1 also where nobody was seen.
    contacts as (
        select
            visits.*,
            place,
            length(consultations) as n_seen,
            if(n_seen = 0, null, consultations[place].1) as seen_at,
            if(n_seen = 0, null, consultations[place].3) as number,
            if(place = 1, null, consultations[place - 1].1) as before_at,
            consultations[place].4 as seen_doctor,
            consultations[place].5 as seen_dept,
            multiIf(seen_dept != '', seen_dept, arrived_dept != '', arrived_dept, dept != '', dept, '?') as row_dept,
            map(
                'dept', row_dept,
                'doctor', multiIf(seen_doctor != '', seen_doctor, doctor != '', doctor, '?'),
                'booking_type', if(booking_type = '', '?', booking_type),
                'patient_group', if(patient_group = '', '?', patient_group)
            ) as row_dims
        from {visits:Identifier} as visits
        array join range(1, greatest(length(consultations), 1) + 1) as place
        where class = 'outpatient' and not dropped
    ),
    -- A patient who comes back is in the queue again, or has the final report.
    returns as (
        select visit_id, arraySort(groupArrayIf(occurred_at, event_type = 'queue.requeued')) as requeued_at,
            arraySort(groupArrayIf(occurred_at, event_type = 'report.issued')) as reported_at
        from {facts:Identifier}
        where timed and visit_id != '' and (
            (event_type = 'queue.requeued' and said.service_point_type in ('clinic', ''))
            or (event_type = 'report.issued' and said.status = 'final')
        )
        group by visit_id
    ),
    firsts as (
        select
            contacts.*, '' as row_part, '' as row_series, arrived_at as start_at,
            multiIf(
                arrived_at is null, 'missing_start',
                seen_at is not null, '',
                ever_seen, 'missing_end',
                refunded, 'refunded',
                ''
            ) as reason
        from contacts
        where place = 1 and (arrived_at is not null or seen_at is not null)
    ),
    furthers as (
        select
            contacts.*, toString(ifNull(number, place)) as row_part, 'seq≥2' as row_series,
            arrayFilter(at -> at >= before_at and at <= seen_at, requeued_at) as back_in_queue,
            arrayFilter(at -> at >= before_at and at <= seen_at, reported_at) as back_with_report,
            multiIf(
                notEmpty(back_in_queue), back_in_queue[-1],
                notEmpty(back_with_report), back_with_report[-1],
                null
            ) as start_at,
            if(start_at is null, 'missing_start', '') as reason
        from contacts
        left join returns on returns.visit_id = contacts.visit_id
        where place > 1
    ),
    both as (
        select visit_id, patient_id, day, row_part, row_series, start_at, seen_at, reason, row_dept, row_dims
        from firsts
        union all
        select visit_id, patient_id, day, row_part, row_series, start_at, seen_at, reason, row_dept, row_dims
        from furthers
    )
select
    'consult_wait' as stage,
    visit_id as scope_id,
    row_part as part,
    row_series as series,
    day,
    start_at as started_at,
    seen_at as ended_at,
    reason = '' and seen_at is not null as measured,
    if(reason = '' and seen_at is null, hispulse_closes_at(
        assumeNotNull(start_at), row_dept, {session_ends:Map(String, UInt16)}, {session_end:UInt16}, {zone:String}
    ), null) as open_until,
    reason as excluded,
    row_dims as dims,
    visit_id,
    patient_id
from both
