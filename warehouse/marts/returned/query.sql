-- One row per outpatient visit that was seen, at its first consultation: did the patient come again within a year?
insert into {drafts:Identifier} (
    stage, scope_id, day, started_at, measured, open_until, num, dims, visit_id, patient_id
)
with
    toDateTime64(hispulse_wall_clock({day:Date} + 366, 0, {zone:String}), 3, 'UTC') as known_at,
    {as_of:DateTime64(3, 'UTC')} >= known_at as is_known,
    indexes as (
        select visits.*, if(joined.survivor_id != '', joined.survivor_id, visits.patient_id) as patient
        from {visits:Identifier} as visits
        left join {patients:Identifier} as joined on joined.patient_id = visits.patient_id
        where class = 'outpatient' and not dropped and notEmpty(consultations)
            and coalesce(day, toDate(consultations[1].1, {zone:String})) = {day:Date}
    ),
    -- Consulted or admitted more than a month later, unless as an emergency. Nobody knows before the year is over.
    later as (
        select visit_id, if(joined.survivor_id != '', joined.survivor_id, told.patient_id) as patient
        from (
            select visit_id, patient_id, op
            from events
            where is_known and facility_id = {facility:String}
                and event_type in ('consultation.started', 'inpatient.admitted') and patient_id != ''
                and occurred_at >= hispulse_wall_clock({day:Date} + 31, 0, {zone:String}) and occurred_at < known_at
            order by
                event_id,
                if(has({priority:Array(String)}, source_system), indexOf({priority:Array(String)}, source_system), 65535),
                source_system,
                revision desc
            limit 1 by event_id
        ) as told
        left join {patients:Identifier} as joined on joined.patient_id = told.patient_id
        where op = 'assert'
    ),
    emergencies as (
        select distinct visit_id
        from events
        where is_known and facility_id = {facility:String} and event_type = 'ed.arrived'
            and occurred_at >= hispulse_wall_clock({day:Date} + 30, 0, {zone:String}) and occurred_at < known_at
    ),
    came_again as (
        select distinct patient from later where visit_id not in (select visit_id from emergencies)
    )
select
    'returned' as stage,
    visit_id as scope_id,
    {day:Date} as day,
    consultations[1].1 as started_at,
    false as measured,
    if(is_known, null, known_at) as open_until,
    if(is_known, patient in (select patient from came_again), null) as num,
    map(
        'dept', multiIf(
            consultations[1].5 != '', consultations[1].5, arrived_dept != '', arrived_dept, dept != '', dept, '?'
        ),
        'patient_group', if(patient_group = '', '?', patient_group)
    ) as dims,
    visit_id,
    patient_id
from indexes
where patient != ''
