-- One row per prescription of a visit: its preparation, its dispensings, and the payment that settled it.
create table {prescriptions:Identifier} engine = MergeTree order by visit_id as
with
    told as (
        select
            visit_id,
            subject as prescription_id,
            countIf(event_type = 'prescription.submitted') > 0 as is_submitted,
            argMinIf(
                tuple(occurred_at, timed, said.rx_type, said.dept_code, said.decoction, said.bill_id),
                (occurred_at, event_id),
                event_type = 'prescription.submitted'
            ) as submission,
            arraySort(groupArrayIf(
                tuple(occurred_at, event_id, said.pharmacy_id, said.window_id),
                event_type = 'dispensing.prepared' and timed
            )) as prepared,
            arraySort(groupArrayIf(
                tuple(occurred_at, event_id, said.pharmacy_id, said.window_id, said.delivery),
                event_type = 'dispensing.dispensed' and timed
            )) as dispensed,
            countIf(event_type = 'prescription.cancelled') > 0 as was_cancelled
        from {facts:Identifier}
        where visit_id != '' and event_type in (
            'prescription.submitted', 'prescription.cancelled', 'dispensing.prepared', 'dispensing.dispensed'
        )
        group by visit_id, subject
        having countIf(event_type != 'prescription.cancelled') > 0
    ),
    money as (
        select
            visit_id,
            groupArrayIf(
                tuple(subject, occurred_at, said.item_class, said.ref_ids, timed), event_type = 'bill.created'
            ) as bills,
            arraySort(groupArrayIf(
                tuple(occurred_at, event_id, subject),
                event_type = 'bill.paid' and timed and ifNull(said.full_settlement, false)
            )) as payments,
            groupUniqArrayIf(subject, event_type = 'bill.refunded') as refunded
        from {facts:Identifier}
        where visit_id != '' and event_type in ('bill.created', 'bill.paid', 'bill.refunded')
        group by visit_id
    ),
    -- The bill that names it or that it names, else the drug bills of its visit since it was submitted.
    settled as (
        select
            told.*,
            refunded,
            arrayPushBack(
                arrayMap(bill -> tupleElement(bill, 1), arrayFilter(
                    bill -> has(tupleElement(bill, 4), prescription_id), bills
                )),
                submission.6
            ) as named,
            arrayFilter(bill -> bill != '', named) as naming,
            arrayMap(bill -> tupleElement(bill, 1), arrayFilter(
                bill -> tupleElement(bill, 3) = 'drug' and tupleElement(bill, 5)
                    and tupleElement(bill, 2) >= submission.1 and is_submitted and submission.2,
                bills
            )) as following,
            arrayFirstIndex(
                payment -> has(if(notEmpty(naming), naming, following), tupleElement(payment, 3)), payments
            ) as which,
            if(which > 0, payments[which].1, null) as paid_at,
            which > 0 and has(refunded, payments[which].3) as was_refunded
        from told
        left join money on money.visit_id = told.visit_id
    )
select
    settled.visit_id as visit_id,
    visits.patient_id as patient_id,
    prescription_id,
    if(submission.3 = '', '?', submission.3) as rx_type,
    submission.4 as dept,
    if(dept != '', dept, visits.dept) as closing_dept,
    submission.5 as is_decoction,
    prepared,
    dispensed,
    was_cancelled,
    paid_at,
    was_refunded
from settled
inner join {visits:Identifier} as visits on visits.visit_id = settled.visit_id
