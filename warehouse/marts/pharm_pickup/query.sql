-- One row per pharmacy ticket of a visit, else (series 'no_ticket') per prescription: until its drugs are handed over.
insert into {drafts:Identifier} (
    stage, scope_id, part, series, started_at, ended_at, measured, open_until, excluded, dims, flags,
    visit_id, patient_id
)
with
    tickets as (
        select
            visit_id,
            subject as ticket_id,
            argMinIf(
                tuple(occurred_at, said.ref_ids, said.dept_code), (occurred_at, event_id),
                event_type = 'queue.joined' and timed and said.service_point_type = 'pharmacy'
            ) as joining,
            countIf(event_type = 'queue.missed') > 0 as was_missed,
            minOrNullIf(occurred_at, event_type = 'queue.left' and timed) as left_at
        from {facts:Identifier}
        where visit_id != '' and event_type in ('queue.joined', 'queue.missed', 'queue.left')
        group by visit_id, subject
        having countIf(event_type = 'queue.joined' and timed and said.service_point_type = 'pharmacy') > 0
    ),
    -- What the visit was prescribed, and every handing over of it in order of time.
    prescribed as (
        select
            visit_id,
            groupUniqArray(prescription_id) as ids,
            arrayMap(rx -> tupleElement(rx, 2), arraySort(groupArray(tuple(prescription_id, dept)))) as depts,
            arraySort(arrayFlatten(groupArray(arrayMap(
                handing -> tuple(
                    tupleElement(handing, 1), tupleElement(handing, 2), prescription_id, rx_type,
                    tupleElement(handing, 3), tupleElement(handing, 4), tupleElement(handing, 5)
                ),
                dispensed
            )))) as handings
        from {prescriptions:Identifier}
        group by visit_id
    ),
    -- A ticket ends with the last handing over of what it names; where that is nothing of the visit's, of any after it.
    of_tickets as (
        select
            tickets.visit_id as visit_id,
            visits.patient_id as patient_id,
            ticket_id as part,
            joining.1 as start_at,
            arrayIntersect(prescribed.ids, joining.2) as named,
            arrayLastIndex(
                handing -> if(
                    notEmpty(named), has(named, tupleElement(handing, 3)), tupleElement(handing, 1) >= joining.1
                ),
                handings
            ) as which,
            handings[which] as last,
            if(which > 0, last.1, left_at) as end_at,
            multiIf(
                which > 0 and last.7 = 'home', 'home_delivery',
                which = 0 and left_at is not null, 'left',
                ''
            ) as reason,
            which > 0 as is_measured,
            if(was_missed, 'missed', '') as row_series,
            arrayFirst(name -> name != '', arrayConcat(depts, [joining.3, visits.dept])) as dept,
            hispulse_closes_at(
                joining.1, dept, {session_ends:Map(String, UInt16)}, {session_end:UInt16}, {zone:String}
            ) as closes_at,
            if(which > 0, last.4, '?') as rx_type
        from tickets
        inner join {visits:Identifier} as visits on visits.visit_id = tickets.visit_id
        left join prescribed on prescribed.visit_id = tickets.visit_id
    ),
    without_ticket as (
        select
            visit_id,
            patient_id,
            prescription_id as part,
            paid_at as start_at,
            length(dispensed) as which,
            tuple(
                dispensed[which].1, dispensed[which].2, prescription_id, rx_type,
                dispensed[which].3, dispensed[which].4, dispensed[which].5
            ) as last,
            if(which > 0, last.1, null) as end_at,
            multiIf(
                paid_at is null, 'missing_start',
                which > 0 and last.7 = 'home', 'home_delivery',
                which > 0, '',
                was_cancelled, 'cancelled',
                was_refunded, 'refunded',
                ''
            ) as reason,
            which > 0 and paid_at is not null as is_measured,
            'no_ticket' as row_series,
            hispulse_closes_at(
                assumeNotNull(paid_at), closing_dept, {session_ends:Map(String, UInt16)}, {session_end:UInt16}, {zone:String}
            ) as closes_at,
            rx_type
        from {prescriptions:Identifier}
        where visit_id not in (select visit_id from tickets) and (paid_at is not null or notEmpty(dispensed))
    ),
    both as (
        select visit_id, patient_id, part, row_series, start_at, end_at, reason, is_measured, closes_at, last, rx_type
        from of_tickets
        union all
        select visit_id, patient_id, part, row_series, start_at, end_at, reason, is_measured, closes_at, last, rx_type
        from without_ticket
    )
select
    'pharm_pickup' as stage,
    both.visit_id as scope_id,
    part,
    row_series as series,
    start_at as started_at,
    end_at as ended_at,
    is_measured as measured,
    if(reason = '' and not is_measured, closes_at, null) as open_until,
    reason as excluded,
    map(
        'pharmacy', if(last.5 = '', '?', last.5),
        'window', if(last.6 = '', '?', last.6),
        'rx_type', rx_type,
        'patient_group', if(visits.patient_group = '', '?', visits.patient_group)
    ) as dims,
    if(row_series = 'no_ticket', ['no_ticket'], []) as flags,
    both.visit_id as visit_id,
    both.patient_id as patient_id
from both
left join {visits:Identifier} as visits on visits.visit_id = both.visit_id
