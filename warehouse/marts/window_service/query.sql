-- One row per service of a window ticket (any but a consultation room's): from service to completion.
insert into {drafts:Identifier} (
    stage, scope_id, part, started_at, ended_at, measured, open_until, excluded, dims, visit_id, patient_id
)
with
    -- A service ends with the completion of its number; where a number is missing, with the first one not before it.
    services as (
        select
            *,
            service,
            position,
            tupleElement(service, 1) as served_at,
            tupleElement(service, 3) as number,
            arrayFirstIndex(
                done -> if(
                    number is null or tupleElement(done, 3) is null,
                    tupleElement(done, 1) >= served_at,
                    ifNull(tupleElement(done, 3) = number, false)
                ),
                completed
            ) as which,
            completed[which] as done,
            multiIf(which > 0 and done.5 != '', done.5, service.5 != '', service.5, dept) as row_dept
        from {tickets:Identifier}
        array join served as service, arrayEnumerate(served) as position
        where point != 'clinic'
    )
select
    'window_service' as stage,
    ticket_id as scope_id,
    toString(ifNull(number, position)) as part,
    served_at as started_at,
    if(which > 0, done.1, null) as ended_at,
    which > 0 as measured,
    if(which > 0, null, hispulse_closes_at(
        served_at, row_dept, {session_ends:Map(String, UInt16)}, {session_end:UInt16}, {zone:String}
    )) as open_until,
    if(which > 0 and done.4 = 'auto', 'auto_close', '') as excluded,
    map(
        'service_point_type', point,
        'queue', queue,
        'window', if(service.4 = '', '?', service.4),
        'dept', row_dept,
        'staff', if(service.6 = '', '?', service.6)
    ) as dims,
    visit_id,
    patient_id
from services
