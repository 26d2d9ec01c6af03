-- One row per visit that checked in at a clinic, at its first check-in: in which hour; its department's open minutes.
insert into {drafts:Identifier} (
    stage, scope_id, day, at, measured, excluded, amount, dims, visit_id, patient_id
)
with
    came as (
        select
            *,
            multiIf(arrived_dept != '', arrived_dept, dept != '', dept, '?') as row_dept,
            toHour(arrived_at, {zone:String}) as local_hour,
            local_hour * 60 + toMinute(arrived_at, {zone:String}) as minute,
            arrayFilter(
                open -> open.1 = if(
                    arrayExists(o -> o.1 = row_dept, {open_times:Array(Tuple(String, UInt16, UInt16))}), row_dept, ''
                ),
                {open_times:Array(Tuple(String, UInt16, UInt16))}
            ) as open_times
        from {visits:Identifier}
        where class in ('outpatient', 'health_check') and not dropped and arrived_at is not null
    )
select
    'clinic_arrival' as stage,
    visit_id as scope_id,
    day,
    arrived_at as at,
    false as measured,
    multiIf(
        empty(open_times), 'no_open_hours',
        not arrayExists(open -> ifNull(minute >= open.2 and minute < open.3, false), open_times), 'closed',
        ''
    ) as excluded,
    toString(arraySum(open -> toInt32(open.3) - toInt32(open.2), open_times)) as amount,
    map('dept', row_dept, 'hour', leftPad(toString(local_hour), 2, '0')) as dims,
    visit_id,
    patient_id
from came
