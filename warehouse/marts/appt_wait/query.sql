-- One row per outpatient visit that names an appointment and came or was seen.
insert into {drafts:Identifier} (
    stage, scope_id, day, started_at, ended_at, measured, millis, open_until, excluded, dims, visit_id, patient_id
)
with
    -- Where an appointment stands: its last slot as told, else the slot first booked.
    slots as (
        select
            subject as appointment_id,
            argMinIf(said.channel, (occurred_at, event_id), event_type = 'appointment.booked') as channel,
            argMinIf(tuple(said.slot_start), (occurred_at, event_id), event_type = 'appointment.booked').1 as first_ms,
            argMaxIf(
                tuple(said.new_slot_start), (occurred_at, event_id),
                event_type = 'appointment.rescheduled' and said.new_slot_start is not null
            ).1 as last_ms,
            fromUnixTimestamp64Milli(coalesce(last_ms, first_ms), 'UTC') as slot_at
        from {facts:Identifier}
        where event_type in ('appointment.booked', 'appointment.rescheduled')
        group by subject
    ),
    booked as (
        select
            visits.*,
            slots.slot_at as slot_at,
            length(consultations) > 0 as is_seen,
            if(is_seen, consultations[1].1, null) as seen_at,
            consultations[1].4 as seen_doctor,
            consultations[1].5 as seen_dept,
            multiIf(seen_dept != '', seen_dept, arrived_dept != '', arrived_dept, dept != '', dept, '?') as row_dept,
            greatest(assumeNotNull(arrived_at), assumeNotNull(slot_at)) as due_at,
            multiIf(slots.channel != '', slots.channel, visits.channel != '', visits.channel, '?') as row_channel,
            multiIf(
                slot_at is null, 'no_slot',
                arrived_at is null, 'missing_start',
                is_seen, '',
                ever_seen, 'missing_end',
                refunded, 'refunded',
                ''
            ) as reason
        from {visits:Identifier} as visits
        left join slots on slots.appointment_id = visits.appointment_id
        where class = 'outpatient' and not dropped and visits.appointment_id != ''
            and (arrived_at is not null or notEmpty(consultations))
    )
select
    'appt_wait' as stage,
    visit_id as scope_id,
    day,
    -- Seen before the check-in: measured from the check-in, so that clocks or a wrong record show.
    multiIf(
        reason = 'no_slot', arrived_at,
        reason = 'missing_start', null,
        ifNull(seen_at < arrived_at, false), arrived_at,
        due_at
    ) as started_at,
    seen_at as ended_at,
    reason = '' and is_seen as measured,
    if(measured and seen_at >= arrived_at and seen_at < slot_at, 0, null) as millis,
    if(reason = '' and not is_seen, hispulse_closes_at(
        due_at, row_dept, {session_ends:Map(String, UInt16)}, {session_end:UInt16}, {zone:String}
    ), null) as open_until,
    reason as excluded,
    map(
        'dept', row_dept,
        'doctor', multiIf(seen_doctor != '', seen_doctor, doctor != '', doctor, '?'),
        'channel', row_channel,
        'slot_hour', if(slot_at is null, '?', leftPad(toString(toHour(assumeNotNull(slot_at), {zone:String})), 2, '0'))
    ) as dims,
    visit_id,
    patient_id
from booked
