-- One row per bill in reach: what it is for, and its payments and refunds in order of time.
create table {bills:Identifier} engine = MergeTree order by bill_id as
with
    told as (
        select
            subject as bill_id,
            max(patient_id) as patient_id,
            argMinIf(
                tuple(said.dept_code, said.item_class), (occurred_at, event_id), event_type = 'bill.created'
            ) as bill,
            argMinIf(
                tuple(occurred_at, said.amount), (occurred_at, event_id), event_type = 'bill.created' and timed
            ) as creation,
            countIf(event_type = 'bill.created' and timed) > 0 as is_created,
            -- The channel that paid the largest part speaks for the payment; of equal ones the first by name.
            arraySort(groupArrayIf(
                tuple(
                    occurred_at, event_id, said.payment_id, said.amount, said.terminal_type, said.full_settlement,
                    arraySort(part -> tuple(-toDecimal128OrZero(part.amount, 4), part.channel), said.parts)[1].channel
                ),
                event_type = 'bill.paid' and timed
            )) as payments,
            arraySort(groupArrayIf(
                tuple(occurred_at, event_id, said.payment_id, said.amount, said.refund_id),
                event_type = 'bill.refunded' and timed
            )) as refunds,
            -- Why money was given back only the request says.
            arraySort(groupArrayIf(
                tuple(occurred_at, event_id, said.refund_id, said.reason_code),
                event_type = 'bill.refund_requested' and said.reason_code != ''
            )) as requests
        from {facts:Identifier}
        where event_type in ('bill.created', 'bill.paid', 'bill.refunded', 'bill.refund_requested')
        group by subject
    )
select
    bill_id,
    told.patient_id as patient_id,
    links.visit_id as visit_id,
    multiIf(bill.1 != '', bill.1, visits.dept != '', visits.dept, '?') as dept,
    if(bill.2 = '', '?', bill.2) as item_class,
    if(is_created, creation.1, null) as created_at,
    creation.2 as amount,
    payments,
    refunds,
    requests,
    if(visits.age_band = '', '?', visits.age_band) as age_band,
    visits.refunded as registration_refunded
from told
left join {links:Identifier} as links on links.subject = told.bill_id
left join {visits:Identifier} as visits on visits.visit_id = links.visit_id
