-- One row per place of a session that somebody has as it begins, by an appointment or by registering for it.
insert into {drafts:Identifier} (stage, scope_id, series, day, at, measured, excluded, num, dims, visit_id, patient_id)
with
    sessions as (
        select
            subject as session_id,
            said.dept_code as dept,
            said.doctor_id as doctor,
            toDateOrNull(said.session_date) as session_on,
            fromUnixTimestamp64Milli(said.session_start, 'UTC') as begins_at,
            said.slots as slots,
            subject in (
                select subject from {scheduled:Identifier} where event_type = 'schedule.session_suspended'
            ) as is_suspended
        from {scheduled:Identifier}
        where event_type = 'schedule.session_published' and said.session_start is not null
    ),
    places as (
        select
            session_id, dept, doctor, slot.slot_id as slot_id, fromUnixTimestamp64Milli(slot.start, 'UTC') as slot_at
        from sessions
        array join slots as slot
    ),
    -- Whose slot is told by its number is in that session; else the department, the doctor and the time say in which.
    by_number as (
        select slot_id, min(session_id) as session_id from places where slot_id != '' group by slot_id
    ),
    by_time as (
        select dept, doctor, slot_at, min(session_id) as session_id
        from places
        where slot_at is not null
        group by dept, doctor, slot_at
    ),
    booked as (
        select
            subject as appointment_id,
            max(patient_id) as patient,
            argMinIf(tuple(occurred_at, said), (occurred_at, event_id), event_type = 'appointment.booked') as booking,
            groupArrayIf(
                tuple(occurred_at, event_id, said.new_slot_start),
                event_type = 'appointment.rescheduled' and said.new_slot_start is not null
            ) as moves,
            minOrNullIf(occurred_at, event_type = 'appointment.cancelled') as cancelled_at
        from {scheduled:Identifier}
        where startsWith(event_type, 'appointment.')
        group by subject
        having countIf(event_type = 'appointment.booked') > 0
    ),
    appointed as (
        select
            appointment_id,
            patient,
            booking.1 as since,
            cancelled_at,
            booking.2.is_add as is_add,
            if(empty(moves), booking.2.slot_id, '') as slot_id,
            booking.2.dept_code as dept,
            booking.2.doctor_id as doctor,
            fromUnixTimestamp64Milli(
                if(empty(moves), booking.2.slot_start, arrayLast(move -> true, arraySort(moves)).3), 'UTC'
            ) as slot_at
        from booked
    ),
    taken as (
        select
            appointment_id as taker, patient, since, cancelled_at, is_add, appointed.slot_at as slot_at,
            if(by_number.session_id != '', by_number.session_id, by_time.session_id) as session_id
        from appointed
        left join by_number on by_number.slot_id = appointed.slot_id and appointed.slot_id != ''
        left join by_time on by_time.dept = appointed.dept and by_time.doctor = appointed.doctor
            and by_time.slot_at = appointed.slot_at
        union all
        -- Who registers for a session without an appointment has a place too.
        select
            visits.visit_id as taker, visits.patient_id as patient, told.occurred_at as since,
            null as cancelled_at, ifNull(told.is_add, false) as is_add, null as slot_at, told.session_id as session_id
        from (
            select visit_id, occurred_at, ifNull(session_id, '') as session_id, is_add
            from ev_registration_created
            where build_day = {day:Date} and ifNull(session_id, '') != '' and ifNull(appointment_id, '') = ''
        ) as told
        inner join {visits:Identifier} as visits on visits.visit_id = told.visit_id
        where not visits.dropped and not visits.refunded
    )
select
    'place_taken' as stage,
    taker as scope_id,
    if(is_add, 'added', '') as series,
    session_on as day,
    coalesce(slot_at, begins_at) as at,
    false as measured,
    if(is_suspended, 'suspended', '') as excluded,
    true as num,
    map(
        'dept', if(sessions.dept = '', '?', sessions.dept),
        'doctor', if(sessions.doctor = '', '?', sessions.doctor),
        'half_day', multiIf(
            toHour(begins_at, {zone:String}) < 12, 'am', toHour(begins_at, {zone:String}) < 18, 'pm', 'evening'
        )
    ) as dims,
    '' as visit_id,
    patient as patient_id
from taken
inner join sessions on sessions.session_id = taken.session_id
where taken.session_id != '' and since <= begins_at and (cancelled_at is null or cancelled_at > begins_at)
