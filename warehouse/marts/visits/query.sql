-- One row per visit in reach: its class, its business day, and what its registration and its check-ins say of it.
create table {visits:Identifier} engine = MergeTree order by visit_id as
with
    -- Of several registrations (numbers that were moved together) the first counts.
    registered as (
        select
            visit_id,
            argMin(
                tuple(
                    said.visit_class, said.dept_code, said.doctor_id, said.visit_kind, said.channel,
                    said.appointment_id, said.planned_date
                ),
                (occurred_at, event_id)
            ) as first,
            tupleElement(first, 1) as class,
            tupleElement(first, 2) as dept,
            tupleElement(first, 3) as doctor,
            tupleElement(first, 4) as visit_kind,
            tupleElement(first, 5) as channel,
            tupleElement(first, 6) as appointment_id,
            toDateOrNull(tupleElement(first, 7)) as planned_on
        from {facts:Identifier}
        where event_type = 'registration.created' and visit_id != ''
        group by visit_id
    ),
    -- A check-in starts a wait at the clinic, or where no point is named and no order either.
    checked_in as (
        select
            visit_id,
            minIf(occurred_at, at_clinic) as first_told_at,
            minOrNullIf(occurred_at, at_clinic and timed) as arrived_at,
            argMinIf(said.dept_code, (occurred_at, event_id), at_clinic and timed) as arrived_dept,
            countIf(at_clinic) > 0 as came,
            argMinIf(said.appointment_id, (occurred_at, event_id), said.appointment_id != '') as appointment_id
        from (
            select
                *, said.point = 'clinic' or (said.point = '' and said.order_id = '') as at_clinic
            from {facts:Identifier} where event_type = 'patient.checked_in' and visit_id != ''
        )
        group by visit_id
    ),
    -- What kind of patient: the registration says it, else the arrival, else the admission.
    described as (
        select
            visit_id,
            argMinIf(said.patient_group, place, said.patient_group != '') as patient_group,
            argMinIf(said.age_band, place, said.age_band != '') as age_band
        from (
            select *, tuple(
                indexOf(['registration.created', 'ed.arrived', 'inpatient.admitted'], event_type), occurred_at, event_id
            ) as place
            from {facts:Identifier}
            where event_type in ('registration.created', 'ed.arrived', 'inpatient.admitted') and visit_id != ''
        )
        group by visit_id
    ),
    -- Consultations in order of time; one told by the day only has no place in time.
    seen as (
        select
            visit_id,
            arraySort(groupArrayIf(
                tuple(occurred_at, event_id, said.consultation_seq, said.doctor_id, said.dept_code, said.room_id), timed
            )) as consultations
        from {facts:Identifier}
        where event_type = 'consultation.started' and visit_id != ''
        group by visit_id
    ),
    whole as (
        select
            visit_id,
            max(patient_id) as patient_id,
            countIf(startsWith(event_type, 'ed.')) > 0 as has_emergency,
            countIf(startsWith(event_type, 'inpatient.')) > 0 as has_inpatient,
            countIf(event_type = 'visit.cancelled') > 0 as cancelled,
            countIf(event_type = 'registration.refunded') > 0 as refunded,
            countIf(event_type = 'consultation.started') > 0 as ever_seen,
            minOrNullIf(occurred_at, event_type = 'ed.arrived') as ed_arrived_at
        from {facts:Identifier}
        where visit_id != ''
        group by visit_id
    ),
    -- The last word on a registration may be that it never was: then it is told, and is no fact.
    withdrawn as (
        select distinct if(moves.survivor_id != '', moves.survivor_id, told.visit_id) as visit_id
        from events as told
        left join {moves:Identifier} as moves on moves.visit_id = told.visit_id
        where told.facility_id = {facility:String} and told.event_type = 'registration.created' and told.op = 'retract'
            and told.occurred_at >= toDateTime({day:Date}, {zone:String}) - interval 16 day
            and told.event_id not in (select event_id from {facts:Identifier} where event_type = 'registration.created')
    )
select
    whole.visit_id as visit_id,
    whole.patient_id as patient_id,
    multiIf(
        registered.class != '', registered.class,
        has_emergency, 'emergency',
        has_inpatient, 'inpatient',
        came, 'outpatient',
        ''
    ) as class,
    multiIf(
        class in ('outpatient', 'health_check') and came, toDate(first_told_at, {zone:String}),
        class in ('outpatient', 'health_check'), registered.planned_on,
        class = 'emergency', toDate(ed_arrived_at, {zone:String}),
        null
    ) as day,
    cancelled or (registered.visit_id = '' and visit_id in (select visit_id from withdrawn)) as dropped,
    registered.visit_id != '' as is_registered,
    registered.dept as dept,
    registered.doctor as doctor,
    registered.visit_kind as visit_kind,
    registered.channel as channel,
    if(registered.appointment_id != '', registered.appointment_id, checked_in.appointment_id) as appointment_id,
    multiIf(appointment_id != '', 'booked', is_registered, 'walk_in', '') as booking_type,
    described.patient_group as patient_group,
    described.age_band as age_band,
    arrived_at,
    arrived_dept,
    came,
    consultations,
    ever_seen,
    refunded
from whole
left join registered on registered.visit_id = whole.visit_id
left join checked_in on checked_in.visit_id = whole.visit_id
left join described on described.visit_id = whole.visit_id
left join seen on seen.visit_id = whole.visit_id
