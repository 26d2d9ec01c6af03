-- One row per published session, on its own date: was it suspended?
insert into {drafts:Identifier} (stage, scope_id, day, at, measured, excluded, num, dims)
with
    told as (
        select
            subject,
            argMinIf(
                tuple(occurred_at, said.dept_code, said.doctor_id, told.session_date, told.session_start),
                (occurred_at, event_id),
                event_type = 'schedule.session_published'
            ) as session,
            countIf(event_type = 'schedule.session_published') > 0 as is_published,
            countIf(event_type = 'schedule.session_suspended') > 0 as is_suspended,
            argMinIf(
                tuple(told.affected_appointments), (occurred_at, event_id), event_type = 'schedule.session_suspended'
            ).1 as affected
        from {rarer_facts:Identifier}
        where startsWith(event_type, 'schedule.')
        group by subject
    )
select
    'session_suspended' as stage,
    subject as scope_id,
    toDateOrNull(session.4) as day,
    ifNull(fromUnixTimestamp64Milli(session.5, 'UTC'), session.1) as at,
    false as measured,
    if(is_suspended and ifNull(affected = 0, false), 'unbooked', '') as excluded,
    is_suspended as num,
    map('dept', if(session.2 = '', '?', session.2), 'doctor', if(session.3 = '', '?', session.3)) as dims
from told
where is_published
