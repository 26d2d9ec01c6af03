-- One row per order in reach: what was ordered, and its specimens, its examination and its first final report.
create table {orders:Identifier} engine = MergeTree order by order_id as
with
    told as (
        select
            subject as order_id,
            max(patient_id) as patient_id,
            argMinIf(
                tuple(said.category, said.item_code, said.priority, said.modality, said.ordering_dept), (occurred_at, event_id),
                event_type = 'order.placed'
            ) as placed,
            argMinIf(
                said.category, (occurred_at, event_id), event_type = 'report.issued' and said.category != ''
            ) as reported_category,
            countIf(event_type = 'order.cancelled') > 0 as was_cancelled,
            countIf(event_type in ('specimen.collected', 'specimen.received')) > 0 as has_specimen,
            arraySort(groupArrayIf(
                tuple(occurred_at, event_id, said.specimen_id, said.point), timed and event_type = 'specimen.collected'
            )) as collected,
            arraySort(groupArrayIf(
                tuple(occurred_at, event_id, said.specimen_id, said.rejected),
                timed and event_type = 'specimen.received'
            )) as received,
            minOrNullIf(occurred_at, timed and event_type = 'order.placed') as placed_at,
            countIf(event_type = 'exam.booked') > 0 as is_booked,
            argMinIf(
                tuple(said.modality, said.scheduled_start, said.by_patient_choice), (occurred_at, event_id),
                event_type = 'exam.booked'
            ) as booking,
            minOrNullIf(occurred_at, timed and event_type = 'exam.started') as exam_at,
            argMinIf(
                tuple(said.modality, said.device_id), (occurred_at, event_id), timed and event_type = 'exam.started'
            ) as exam,
            minOrNullIf(occurred_at, timed and event_type = 'report.issued' and said.status = 'final') as reported_at,
            argMinIf(
                said.reporter_id, (occurred_at, event_id),
                timed and event_type = 'report.issued' and said.status = 'final'
            ) as reporter
        from {facts:Identifier}
        where event_type in (
            'order.placed', 'order.cancelled', 'specimen.collected', 'specimen.received', 'exam.started',
            'report.issued', 'exam.booked', 'critical_value.raised', 'critical_value.acknowledged'
        )
        group by subject
    )
select
    order_id,
    told.patient_id as patient_id,
    links.visit_id as visit_id,
    if(placed.1 != '', placed.1, reported_category) as category,
    if(placed.2 = '', '?', placed.2) as item_code,
    if(placed.3 = '', '?', placed.3) as priority,
    if(visits.class = '', '?', visits.class) as patient_class,
    multiIf(placed.5 != '', placed.5, visits.dept != '', visits.dept, '?') as dept,
    was_cancelled,
    category = 'lab' or (category = '' and has_specimen) as is_lab,
    collected,
    received,
    exam_at,
    multiIf(exam.1 != '', exam.1, placed.4 != '', placed.4, '?') as modality,
    multiIf(
        exam.1 != '', exam.1, booking.1 != '', booking.1, placed.4 != '', placed.4, '?'
    ) as any_modality,
    if(exam.2 = '', '?', exam.2) as device,
    placed_at,
    is_booked,
    booking.3 as by_patient_choice,
    fromUnixTimestamp64Milli(booking.2, 'UTC') as scheduled_at,
    reported_at,
    if(reporter = '', '?', reporter) as reporter
from told
left join {links:Identifier} as links on links.subject = told.order_id
left join {visits:Identifier} as visits on visits.visit_id = links.visit_id
