-- One row per appointment that a visit came of, on the date of its slot: how long before was it booked?
insert into {drafts:Identifier} (
    stage, scope_id, started_at, ended_at, measured, excluded, dims, visit_id, patient_id
)
with
    attended as (
        select
            appointment_id,
            argMin(tuple(
                visit_id, patient_id, coalesce(arrived_at, if(notEmpty(consultations), consultations[1].1, null)),
                dept, doctor, channel, visit_kind
            ), visit_id) as visit
        from {visits:Identifier}
        where appointment_id != '' and not dropped and class = 'outpatient'
            and (arrived_at is not null or notEmpty(consultations))
        group by appointment_id
    ),
    both as (
        select
            attended.appointment_id as appointment_id, visit, booked_at, slot_at,
            multiIf(known.appointment_id = '' or booked_at is null, 'missing_start', slot_at is null, 'no_slot', '') as reason,
            multiIf(known.dept not in ('', '?'), known.dept, visit.4 != '', visit.4, '?') as row_dept,
            multiIf(known.doctor not in ('', '?'), known.doctor, visit.5 != '', visit.5, '?') as row_doctor,
            multiIf(known.channel != '', known.channel, visit.6 != '', visit.6, '?') as row_channel,
            multiIf(known.visit_kind not in ('', '?'), known.visit_kind, visit.7 != '', visit.7, '?') as row_kind
        from attended
        left join {appointments:Identifier} as known on known.appointment_id = attended.appointment_id
    )
select
    'appt_lead' as stage,
    appointment_id as scope_id,
    if(reason = '', booked_at, null) as started_at,
    if(reason = '', slot_at, visit.3) as ended_at,
    reason = '' as measured,
    reason as excluded,
    map('dept', row_dept, 'doctor', row_doctor, 'channel', row_channel, 'visit_kind', row_kind) as dims,
    visit.1 as visit_id,
    visit.2 as patient_id
from both
