-- One row per examination that a patient came for, or that was begun: from arriving there to being examined.
insert into {drafts:Identifier} (
    stage, scope_id, part, started_at, ended_at, measured, millis, open_until, excluded, dims, visit_id, patient_id
)
with
    known as (
        select visit_id, subject as order_id
        from {facts:Identifier}
        where visit_id != '' and event_type in ('order.placed', 'exam.booked', 'exam.started')
        group by visit_id, order_id
    ),
    -- Who checks in for an order, or takes a ticket that names it, is there for it.
    came as (
        select visit_id, said.order_id as order_id, occurred_at, 0 as rank, event_id, said.dept_code as dept, '' as ticket_id
        from {facts:Identifier}
        where visit_id != '' and event_type = 'patient.checked_in' and timed and said.order_id != ''
        union all
        select visit_id, ref, occurred_at, 1, event_id, said.dept_code, subject
        from {facts:Identifier}
        array join arrayDistinct(said.ref_ids) as ref
        where visit_id != '' and event_type = 'queue.joined' and timed
            and said.service_point_type in ('ultrasound', 'imaging')
            and (visit_id, ref) in (select visit_id, order_id from known)
    ),
    arrivals as (
        select
            visit_id,
            order_id,
            min(occurred_at) as arrived_at,
            argMin(came.dept, (occurred_at, rank, event_id)) as arrived_dept,
            groupUniqArray(ticket_id) as tickets
        from came
        group by visit_id, order_id
    ),
    gone as (
        select visit_id, arraySort(groupArray(tuple(occurred_at, subject))) as leavings
        from {facts:Identifier}
        where visit_id != '' and event_type = 'queue.left' and timed
        group by visit_id
    ),
    exams as (
        select
            visit_id,
            subject as order_id,
            minOrNullIf(occurred_at, event_type = 'exam.started' and timed) as begun_at,
            countIf(event_type = 'exam.started') > 0 as was_begun,
            argMinIf(
                tuple(said.modality, said.device_id), (occurred_at, event_id), event_type = 'exam.started' and timed
            ) as exam,
            argMinIf(
                tuple(said.modality, said.scheduled_start), (occurred_at, event_id), event_type = 'exam.booked'
            ) as booking,
            argMinIf(said.modality, (occurred_at, event_id), event_type = 'order.placed') as ordered,
            countIf(event_type = 'order.cancelled') > 0 as was_cancelled,
            countIf(event_type = 'report.issued' and said.status = 'final') > 0 as was_reported
        from {facts:Identifier}
        where visit_id != '' and event_type in (
            'order.placed', 'order.cancelled', 'exam.booked', 'exam.started', 'report.issued'
        )
        group by visit_id, subject
    ),
    waits as (
        select
            if(arrivals.order_id != '', arrivals.visit_id, exams.visit_id) as visit,
            if(arrivals.order_id != '', arrivals.order_id, exams.order_id) as order_id,
            if(arrivals.order_id != '', toNullable(arrivals.arrived_at), null) as came_at,
            exams.begun_at as begun_at,
            fromUnixTimestamp64Milli(exams.booking.2, 'UTC') as scheduled_at,
            if(scheduled_at > came_at, scheduled_at, came_at) as ready_at,
            if(arrivals.arrived_dept != '', arrivals.arrived_dept, visits.dept) as dept,
            arrayFirst(left -> has(arrivals.tickets, left.2), gone.leavings).1 as left_at,
            multiIf(
                came_at is null, 'missing_start',
                begun_at is not null, '',
                arrayExists(left -> has(arrivals.tickets, left.2), gone.leavings), 'left',
                exams.was_cancelled, 'cancelled',
                exams.was_begun or exams.was_reported, 'missing_end',
                ''
            ) as reason,
            map(
                'modality', multiIf(
                    exams.exam.1 != '', exams.exam.1, exams.booking.1 != '', exams.booking.1,
                    exams.ordered != '', exams.ordered, '?'
                ),
                'device', if(exams.exam.2 = '', '?', exams.exam.2),
                'patient_class', if(visits.class = '', '?', visits.class)
            ) as dims,
            visits.patient_id as patient_id
        from arrivals
        full join exams on exams.visit_id = arrivals.visit_id and exams.order_id = arrivals.order_id
        left join gone on gone.visit_id = visit
        left join {visits:Identifier} as visits on visits.visit_id = visit
        where came_at is not null or begun_at is not null
    )
select
    'exam_wait' as stage,
    visit as scope_id,
    order_id as part,
    if(ifNull(begun_at < came_at, false), came_at, ready_at) as started_at,
    multiIf(reason = 'left', toNullable(left_at), reason in ('', 'missing_start'), begun_at, null) as ended_at,
    reason = '' and begun_at is not null as measured,
    if(ifNull(measured and begun_at >= came_at and begun_at < scheduled_at, false), 0, null) as millis,
    if(reason = '' and begun_at is null, hispulse_closes_at(
        assumeNotNull(ready_at), dept, {session_ends:Map(String, UInt16)}, {session_end:UInt16}, {zone:String}
    ), null) as open_until,
    reason as excluded,
    dims,
    visit as visit_id,
    patient_id
from waits
