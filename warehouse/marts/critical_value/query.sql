-- One row per critical value that was raised, and per acknowledgement of one that nobody raised.
insert into {drafts:Identifier} (
    stage, scope_id, part, started_at, ended_at, measured, open_until, excluded, num, dims, visit_id, patient_id
)
with
    acks as (
        select
            subject,
            said.critical_id as critical_id,
            minOrNullIf(occurred_at, timed) as acked_at
        from {facts:Identifier}
        where event_type = 'critical_value.acknowledged'
        group by subject, critical_id
    ),
    -- The same item of the same specimen is one result, however often it is raised.
    raised as (
        select
            subject,
            occurred_at as raised_at,
            said.critical_id as critical_id,
            said.item_code as item_code,
            if(item_code != '', tuple(said.specimen_id, item_code, ''), tuple('', '', critical_id)) as result,
            row_number() over (partition by subject, result order by occurred_at, event_id) as place
        from {facts:Identifier}
        where event_type = 'critical_value.raised' and timed
    ),
    answered as (
        select subject, result, min(acks.acked_at) as acked_at
        from raised
        inner join acks on acks.subject = raised.subject and acks.critical_id = raised.critical_id
        group by subject, result
    ),
    judged as (
        select
            raised.subject as subject,
            raised.critical_id as critical_id,
            raised.item_code as item_code,
            toNullable(raised.raised_at) as began_at,
            answered.acked_at as done_at,
            multiIf(
                place > 1, 'duplicate',
                answered.subject != '' and answered.acked_at is null, 'missing_end',
                ''
            ) as reason
        from raised
        left join answered on answered.subject = raised.subject and answered.result = raised.result
        union all
        select subject, critical_id, '', null, acked_at, 'missing_start'
        from acks
        where acked_at is not null and (subject, critical_id) not in (select subject, critical_id from raised)
    )
select
    'critical_value' as stage,
    judged.subject as scope_id,
    critical_id as part,
    began_at as started_at,
    if(reason = 'duplicate', null, done_at) as ended_at,
    reason = '' and done_at is not null as measured,
    if(reason = '' and done_at is null, too_late_at, null) as open_until,
    reason as excluded,
    if(measured, done_at < too_late_at, null) as num,
    map('item_code', if(item_code = '', '?', item_code), 'dept', orders.dept) as dims,
    orders.visit_id as visit_id,
    orders.patient_id as patient_id
from (
    select *, began_at + toIntervalSecond({within_s:Map(String, Int64)}['critical_value'] + 1) as too_late_at from judged
) as judged
inner join {orders:Identifier} as orders on orders.order_id = judged.subject
