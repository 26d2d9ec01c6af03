-- One row per outpatient visit that was seen, at its first consultation: was it booked?
insert into {drafts:Identifier} (stage, scope_id, day, at, measured, num, dims, visit_id, patient_id)
with
    registered as (
        select visit_id, argMin(said.appointment_id, (occurred_at, event_id)) as appointment_id
        from {facts:Identifier}
        where event_type = 'registration.created' and visit_id != ''
        group by visit_id
    )
select
    'opd_booked' as stage,
    visits.visit_id as scope_id,
    day,
    consultations[1].1 as at,
    false as measured,
    registered.appointment_id != '' as num,
    map(
        'dept', multiIf(
            consultations[1].5 != '', consultations[1].5, arrived_dept != '', arrived_dept, dept != '', dept, '?'
        ),
        'doctor', multiIf(consultations[1].4 != '', consultations[1].4, doctor != '', doctor, '?'),
        'channel', if(channel = '', '?', channel),
        'visit_kind', if(visit_kind = '', '?', visit_kind)
    ) as dims,
    visits.visit_id as visit_id,
    patient_id
from {visits:Identifier} as visits
left join registered on registered.visit_id = visits.visit_id
where class = 'outpatient' and not dropped and notEmpty(consultations)
