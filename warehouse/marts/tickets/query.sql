-- One row per ticket in reach: where it queued, what happened to it, and the acts of its visit that can close it.
create table {tickets:Identifier} engine = MergeTree order by ticket_id as
with
    told as (
        select
            *,
            tuple(occurred_at, indexOf([
                'queue.joined', 'queue.requeued', 'queue.called', 'queue.recalled', 'queue.missed', 'queue.served',
                'queue.completed', 'queue.left'
            ], event_type), event_id) as place
        from {facts:Identifier}
        where startsWith(event_type, 'queue.')
    ),
    -- Where it queues is what its first fact says that says anything.
    tickets as (
        select
            subject as ticket_id,
            max(patient_id) as patient_id,
            argMinIf(said.service_point_type, place, said.service_point_type != '') as told_point,
            argMinIf(said.queue_id, place, said.queue_id != '') as told_queue,
            argMinIf(said.dept_code, place, said.dept_code != '') as told_dept,
            arraySort(groupArrayIf(occurred_at, timed and event_type = 'queue.joined')) as joined,
            arraySort(groupArrayIf(occurred_at, timed and event_type = 'queue.requeued')) as requeued,
            arraySort(groupArrayIf(
                tuple(occurred_at, event_id, said.dept_code, said.staff_id), timed and event_type = 'queue.called'
            )) as called,
            arraySort(groupArrayIf(
                tuple(occurred_at, event_id, said.serve_seq, said.window_id, said.dept_code, said.staff_id),
                timed and event_type = 'queue.served'
            )) as served,
            arraySort(groupArrayIf(
                tuple(occurred_at, event_id, said.serve_seq, said.closed_by, said.dept_code),
                timed and event_type = 'queue.completed'
            )) as completed,
            arraySort(groupArrayIf(occurred_at, timed and event_type = 'queue.left')) as gone,
            countIf(event_type = 'queue.missed') > 0 as was_missed,
            countIf(event_type in ('queue.served', 'queue.completed')) > 0 as was_served
        from told
        group by subject
    ),
    -- The first business act of its kind tells that a ticket was served, where nobody pressed the button.
    acts as (
        select
            visit_id,
            arrayJoin(multiIf(
                event_type = 'registration.created', ['registration'],
                event_type = 'bill.paid', ['cashier'],
                event_type = 'dispensing.dispensed', ['pharmacy'],
                event_type = 'specimen.collected', ['phlebotomy'],
                event_type = 'exam.started', ['ultrasound', 'imaging'],
                ['clinic']
            )) as point,
            arraySort(groupArray(occurred_at)) as acted
        from {facts:Identifier}
        where timed and visit_id != '' and event_type in (
            'registration.created', 'bill.paid', 'dispensing.dispensed', 'specimen.collected', 'exam.started',
            'consultation.started'
        ) and (event_type != 'bill.paid' or said.terminal_type = 'window')
        group by visit_id, point
    )
select
    ticket_id,
    tickets.patient_id as patient_id,
    links.visit_id as visit_id,
    joined, requeued, called, served, completed, gone, was_missed, was_served,
    if(told_point = '', '?', told_point) as point,
    if(told_queue = '', '?', told_queue) as queue,
    multiIf(told_dept != '', told_dept, visits.dept != '', visits.dept, '?') as dept,
    if(visits.patient_group = '', '?', visits.patient_group) as patient_group,
    acts.acted as acted
from tickets
left join {links:Identifier} as links on links.subject = tickets.ticket_id
left join {visits:Identifier} as visits on visits.visit_id = links.visit_id
left join acts on acts.visit_id = links.visit_id and acts.point = tickets.told_point
