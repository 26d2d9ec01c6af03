-- One row per published session, on its own date: how many places has it?
insert into {drafts:Identifier} (stage, scope_id, day, at, measured, excluded, num, amount, dims)
select
    'session_places' as stage,
    subject as scope_id,
    toDateOrNull(said.session_date) as day,
    ifNull(fromUnixTimestamp64Milli(said.session_start, 'UTC'), occurred_at) as at,
    false as measured,
    multiIf(
        subject in (select subject from {scheduled:Identifier} where event_type = 'schedule.session_suspended'),
        'suspended',
        not arrayExists(slot -> slot.capacity is not null, said.slots), 'no_capacity',
        ''
    ) as excluded,
    false as num,
    toString(arraySum(slot -> ifNull(slot.capacity, 0), said.slots)) as amount,
    map(
        'dept', if(said.dept_code = '', '?', said.dept_code),
        'doctor', if(said.doctor_id = '', '?', said.doctor_id),
        'half_day', multiIf(
            said.session_start is null, '?',
            toHour(at, {zone:String}) < 12, 'am',
            toHour(at, {zone:String}) < 18, 'pm',
            'evening'
        )
    ) as dims
from {scheduled:Identifier}
where event_type = 'schedule.session_published'
