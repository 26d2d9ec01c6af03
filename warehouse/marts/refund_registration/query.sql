-- One row per registered visit, at its registration: was the registration given back?
insert into {drafts:Identifier} (
    stage, scope_id, day, at, measured, num, excluded, amount, amount_num, dims, visit_id, patient_id
)
with
    registered as (
        select
            visit_id,
            argMin(tuple(occurred_at, said.fee_amount, said.dept_code), (occurred_at, event_id)) as first
        from {facts:Identifier}
        where event_type = 'registration.created' and timed and visit_id != ''
        group by visit_id
    ),
    refunded as (
        select
            visit_id,
            argMin(tuple(occurred_at, said.amount, said.reason_code, timed), (occurred_at, event_id)) as first
        from {facts:Identifier}
        where event_type = 'registration.refunded' and visit_id != ''
        group by visit_id
    )
select
    'refund_registration' as stage,
    visits.visit_id as scope_id,
    visits.day as day,
    registered.first.1 as at,
    false as measured,
    refunded.visit_id != '' as num,
    if(
        num and refunded.first.4 and date_diff('millisecond', registered.first.1, refunded.first.1) <= 300000,
        'voided',
        ''
    ) as excluded,
    if(registered.first.2 = '', '', toString(toDecimal128(registered.first.2, 4))) as amount,
    if(num and refunded.first.2 != '', toString(toDecimal128(refunded.first.2, 4)), '') as amount_num,
    map(
        'item_class', 'registration',
        'dept', if(registered.first.3 = '', '?', registered.first.3),
        'reason', if(refunded.first.3 = '', '?', refunded.first.3)
    ) as dims,
    visits.visit_id as visit_id,
    visits.patient_id as patient_id
from {visits:Identifier} as visits
inner join registered on registered.visit_id = visits.visit_id
left join refunded on refunded.visit_id = visits.visit_id
where not visits.dropped
