-- One row per refund of a bill: from its request to the money.
insert into {drafts:Identifier} (
    stage, scope_id, part, started_at, ended_at, measured, open_until, excluded, dims, visit_id, patient_id
)
with
    told as (
        select
            subject,
            said.refund_id as refund_id,
            minOrNullIf(occurred_at, event_type = 'bill.refund_requested' and timed) as asked_at,
            minOrNullIf(occurred_at, event_type = 'bill.refunded' and timed) as given_at,
            countIf(event_type = 'bill.refunded') > 0 as was_given,
            argMinIf(
                tuple(said.steps_required), (occurred_at, event_id), event_type = 'bill.refund_requested'
            ).1 as steps
        from {facts:Identifier}
        where event_type in ('bill.refund_requested', 'bill.refunded')
        group by subject, refund_id
    )
select
    'refund_handling' as stage,
    told.subject as scope_id,
    refund_id as part,
    asked_at as started_at,
    given_at as ended_at,
    asked_at is not null and given_at is not null as measured,
    if(asked_at is not null and not was_given, asked_at + interval 14 day, null) as open_until,
    multiIf(
        asked_at is null, 'missing_start',
        given_at is null and was_given, 'missing_end',
        ''
    ) as excluded,
    map('item_class', bills.item_class, 'dept', bills.dept, 'steps', ifNull(toString(steps), '?')) as dims,
    bills.visit_id as visit_id,
    bills.patient_id as patient_id
from told
inner join {bills:Identifier} as bills on bills.bill_id = told.subject
where asked_at is not null or given_at is not null
