-- One row per outpatient day of a patient in a chronic programme, and programme: how many days after the one before?
insert into {drafts:Identifier} (
    stage, scope_id, part, day, started_at, ended_at, measured, millis, dims, visit_id, patient_id
)
with
    enrolled as (
        select
            if(joined.survivor_id != '', joined.survivor_id, told.patient_id) as patient,
            JSONExtractString(body, 'programme_id') as programme,
            argMin(JSONExtractString(body, 'disease'), occurred_at) as disease,
            min(toDate(occurred_at, {zone:String})) as enrolled_on
        from (
            select patient_id, occurred_at, body, op
            from events
            where facility_id = {facility:String} and event_type = 'chronic.enrolled' and patient_id != ''
                and occurred_at < hispulse_wall_clock({day:Date}, 1440, {zone:String})
            order by
                event_id,
                if(has({priority:Array(String)}, source_system), indexOf({priority:Array(String)}, source_system), 65535),
                source_system,
                revision desc
            limit 1 by event_id
        ) as told
        left join {patients:Identifier} as joined on joined.patient_id = told.patient_id
        where op = 'assert'
        group by patient, programme
    ),
    -- Of several visits on the day the first.
    today as (
        select
            if(joined.survivor_id != '', joined.survivor_id, visits.patient_id) as patient,
            argMin(tuple(visit_id, consultations[1].1, multiIf(
                consultations[1].5 != '', consultations[1].5, arrived_dept != '', arrived_dept, dept != '', dept, '?'
            ), visits.patient_id), (consultations[1].1, visit_id)) as visit
        from {visits:Identifier} as visits
        left join {patients:Identifier} as joined on joined.patient_id = visits.patient_id
        where class = 'outpatient' and not dropped and notEmpty(consultations)
            and coalesce(day, toDate(consultations[1].1, {zone:String})) = {day:Date}
        group by patient
        having patient in (select patient from enrolled)
    ),
    before as (
        select
            if(joined.survivor_id != '', joined.survivor_id, told.patient_id) as patient,
            visit_id,
            toDate(occurred_at, {zone:String}) as seen_on,
            occurred_at as seen_at
        from (
            select visit_id, patient_id, occurred_at, op
            from events
            where facility_id = {facility:String} and event_type = 'consultation.started' and patient_id != ''
                and visit_id != '' and cast(occurred_precision, 'String') != 'day'
                and occurred_at >= hispulse_wall_clock({day:Date} - 400, 0, {zone:String})
                and occurred_at < hispulse_wall_clock({day:Date}, 0, {zone:String})
            order by
                event_id,
                if(has({priority:Array(String)}, source_system), indexOf({priority:Array(String)}, source_system), 65535),
                source_system,
                revision desc
            limit 1 by event_id
        ) as told
        left join {patients:Identifier} as joined on joined.patient_id = told.patient_id
        where op = 'assert' and patient in (select patient from today)
    ),
    -- Outpatients only: not who came as an emergency or lay in a bed, nor a visit that never was.
    others as (
        select distinct visit_id
        from events
        where facility_id = {facility:String} and event_type in ('ed.arrived', 'inpatient.admitted', 'visit.cancelled')
            and occurred_at >= hispulse_wall_clock({day:Date} - 401, 0, {zone:String})
            and occurred_at < hispulse_wall_clock({day:Date}, 0, {zone:String})
            and visit_id in (select visit_id from before)
    ),
    pairs as (
        select
            today.patient as patient, visit, programme, disease,
            max(seen_on) as last_on,
            argMin(seen_at, (toInt32(toDate('2150-01-01')) - toInt32(seen_on), seen_at)) as last_at
        from today
        inner join enrolled on enrolled.patient = today.patient
        inner join before on before.patient = today.patient
        where before.seen_on >= enrolled.enrolled_on and before.visit_id not in (select visit_id from others)
        group by today.patient, visit, programme, disease
    )
select
    'chronic_revisit' as stage,
    visit.1 as scope_id,
    programme as part,
    {day:Date} as day,
    last_at as started_at,
    visit.2 as ended_at,
    true as measured,
    toInt64(dateDiff('day', last_on, {day:Date})) * 86400000 as millis,
    map('disease', if(disease = '', '?', disease), 'dept', visit.3) as dims,
    visit.1 as visit_id,
    visit.4 as patient_id
from pairs
