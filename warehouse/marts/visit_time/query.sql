-- One row per outpatient visit whose length counts: how much of it fell to what (series ''); and what it is in (`now`).
insert into {drafts:Identifier} (
    stage, scope_id, series, day, started_at, ended_at, measured, open_until, dims, visit_id, patient_id
)
with
    toDateTime64('2200-01-01 00:00:00', 3, 'UTC') as never,
    tuple(never, toUInt64(0)) as nowhere,
    (start, ends) -> tupleElement(arrayFirst(finish -> finish > start, arrayPushBack(ends, nowhere)), 1) as till,
    -- What happened, and its place: its time, and at one instant what comes first in the course of a visit.
    acts as (
        select
            visit_id,
            subject,
            event_type as what,
            said.status = 'final' as is_final,
            said.item_class = 'drug' as is_drug,
            said.end_imputed as is_imputed,
            tuple(occurred_at, indexOf([
                'patient.checked_in', 'queue.joined', 'queue.requeued', 'queue.recalled', 'queue.missed',
                'queue.served', 'consultation.started', 'bill.created', 'bill.paid', 'specimen.collected',
                'exam.started', 'report.issued', 'dispensing.dispensed', 'consultation.ended', 'queue.completed',
                'queue.left'
            ], event_type)) as place,
            transform(
                said.service_point_type,
                ['ultrasound', 'imaging', 'phlebotomy', 'pharmacy', 'cashier', 'registration', 'service_desk'],
                ['exam_wait', 'exam_wait', 'lab_wait', 'pharmacy', 'payment', 'desk', 'desk'],
                ''
            ) as queue,
            what = 'patient.checked_in' and (said.point = 'clinic' or (said.point = '' and said.order_id = ''))
                as is_arrival,
            what = 'patient.checked_in' and not is_arrival and said.order_id != '' as is_for_exam,
            is_arrival or (what in ('queue.joined', 'queue.requeued') and said.service_point_type in ('clinic', ''))
                as is_return
        from {facts:Identifier}
        where timed and visit_id != '' and place.2 > 0
    ),
    courses as (
        select
            visit_id,
            arraySort(groupArrayIf(place, is_arrival)) as arrivals,
            arraySort(groupArrayIf(place, what = 'consultation.started')) as seen,
            arraySort(groupArrayIf(place, is_return)) as returns,
            arraySort(groupArrayIf(place, what = 'report.issued' and is_final)) as reports,
            groupArrayIf(place, what = 'queue.served' and queue != '') as windows,
            groupArrayIf(place, what = 'queue.missed') as misses,
            arraySort(groupArrayIf(place, what in ('bill.paid', 'dispensing.dispensed')
                or (what = 'consultation.ended' and not is_imputed))) as done,
            arraySort(groupArrayIf(place,
                what in ('specimen.collected', 'exam.started', 'dispensing.dispensed', 'consultation.started')
                or (what = 'queue.served' and queue != '') or (what = 'consultation.ended' and not is_imputed)
            )) as leaves_doctor,
            arraySort(groupArrayIf(place,
                what in ('specimen.collected', 'exam.started', 'dispensing.dispensed', 'consultation.started',
                    'bill.paid')
                or (what in ('queue.served', 'queue.completed') and queue != '')
            )) as leaves_window,
            arraySort(groupArrayIf(place, what in (
                'specimen.collected', 'exam.started', 'dispensing.dispensed', 'consultation.started', 'bill.paid',
                'queue.requeued', 'queue.recalled', 'queue.served', 'queue.left'
            ))) as is_back
        from acts
        group by visit_id
    ),
    -- In a queue: from joining it, or being put back, to being served, leaving, or what it was for.
    queued as (
        select
            visit_id,
            line,
            arraySort(groupArrayIf(place, what in ('queue.joined', 'queue.requeued', 'patient.checked_in'))) as begun,
            arraySort(groupArrayIf(
                place, what not in ('queue.joined', 'queue.requeued', 'patient.checked_in')
            )) as ended
        from acts
        array join arrayDistinct(arrayFilter(line -> line != '', [
            if(what in ('queue.joined', 'queue.requeued', 'queue.served', 'queue.completed', 'queue.left'), queue, ''),
            if(is_for_exam or what = 'exam.started', 'exam_wait', ''),
            if(what = 'specimen.collected', 'lab_wait', ''),
            if(what = 'dispensing.dispensed', 'pharmacy', ''),
            if(what = 'bill.paid', 'payment', '')
        ])) as line
        group by visit_id, line
    ),
    -- Under way elsewhere: examined or blood taken and not reported, billed and not paid.
    pending as (
        select visit_id, subject, 'exam_report' as line, 10 as rank,
            groupArrayIf(place, what = 'exam.started') as begun,
            arraySort(groupArrayIf(place, what = 'report.issued')) as ended
        from acts where what = 'exam.started' or (what = 'report.issued' and is_final)
        group by visit_id, subject
        union all
        select visit_id, subject, 'lab_report', 11,
            groupArrayIf(place, what = 'specimen.collected'), arraySort(groupArrayIf(place, what = 'report.issued'))
        from acts where what = 'specimen.collected' or (what = 'report.issued' and is_final)
        group by visit_id, subject
        union all
        select visit_id, subject, 'payment', 13,
            groupArrayIf(place, what = 'bill.created'), arraySort(groupArrayIf(place, what = 'bill.paid'))
        from acts where what in ('bill.created', 'bill.paid')
        group by visit_id, subject
        union all
        -- Drugs that are paid for: of a bill that was one for drugs by then, to any dispensing of the visit.
        select visit_id, '', 'pharmacy', 12,
            arrayFlatten(groupArray(arrayFilter(paid -> paid > first_billed, payments))), any(dispensed)
        from (
            select visit_id, subject, minIf(place, what = 'bill.created' and is_drug) as first_billed,
                groupArrayIf(place, what = 'bill.paid') as payments
            from acts where what in ('bill.created', 'bill.paid')
            group by visit_id, subject
            having countIf(what = 'bill.created' and is_drug) > 0
        ) as bills
        left join (
            select visit_id, arraySort(groupArray(place)) as dispensed
            from acts where what = 'dispensing.dispensed'
            group by visit_id
        ) as given on given.visit_id = bills.visit_id
        group by visit_id
    ),
    -- Everything that goes on for somebody: of what counts first to what counts last, from when to when.
    spans as (
        select
            visit_id,
            groupArray(tuple(rank, line, tupleElement(begins, 1), till(begins, ended), begins)) as found
        from (
            select visit_id, toUInt8(indexOf(['exam_wait', 'lab_wait', 'pharmacy', 'payment', 'desk'], line) + 4) as rank,
                line, begun, ended
            from queued
            union all
            select visit_id, toUInt8(rank), line, begun, ended from pending
        )
        array join begun as begins
        group by visit_id
    ),
    slots as (
        select
            subject as appointment_id,
            argMinIf(tuple(said.slot_start), (occurred_at, event_id), event_type = 'appointment.booked').1 as first_ms,
            argMaxIf(
                tuple(said.new_slot_start), (occurred_at, event_id),
                event_type = 'appointment.rescheduled' and said.new_slot_start is not null
            ).1 as last_ms,
            fromUnixTimestamp64Milli(coalesce(last_ms, first_ms), 'UTC') as slot_at
        from {facts:Identifier}
        where event_type in ('appointment.booked', 'appointment.rescheduled')
        group by subject
    ),
    converted as (
        select distinct visit_id
        from {facts:Identifier}
        where startsWith(event_type, 'ed.') or startsWith(event_type, 'inpatient.')
            or (event_type = 'consultation.ended' and said.outcome in ('admitted', 'to_ed'))
    ),
    outlines as (
        select
            visits.visit_id as visit_id, visits.patient_id as patient_id, day, ever_seen, refunded,
            notEmpty(seen) as is_seen,
            seen[1] as first_seen,
            multiIf(
                consultations[1].5 != '', consultations[1].5, arrived_dept != '', arrived_dept, dept != '', dept, '?'
            ) as row_dept,
            toDateTime64(hispulse_wall_clock(assumeNotNull(day), 1440, {zone:String}) + interval 2 hour, 3, 'UTC')
                as closes_at,
            -- What the visit ended with, so far.
            arrayLast(
                finish -> is_seen and finish > first_seen and tupleElement(finish, 1) < closes_at, done
            ) as last_done,
            coalesce(slots.slot_at, toDateTime64(0, 3, 'UTC')) as due_at,
            assumeNotNull(arrived_at) as came_at,
            arrayMap(
                report -> tuple(report, arrayFirst(
                    next -> next > report, arrayPushBack(arraySort(arrayConcat(returns, seen, reports)), nowhere)
                )),
                arrayFilter(report -> is_seen and report > first_seen, reports)
            ) as results,
            arraySort(arrayConcat(
                spans.found,
                arrayMap(p -> tuple(toUInt8(1), 'service', tupleElement(p, 1), till(p, leaves_doctor), p), seen),
                arrayMap(p -> tuple(toUInt8(1), 'service', tupleElement(p, 1), till(p, leaves_window), p), windows),
                if(
                    is_seen and first_seen < arrivals[1], [],
                    [
                        tuple(
                            toUInt8(2), 'early', came_at, least(due_at, if(is_seen, first_seen.1, never)), arrivals[1]
                        ),
                        tuple(toUInt8(4), 'consult', came_at, till(arrivals[1], seen), arrivals[1])
                    ]
                ),
                arrayMap(p -> tuple(toUInt8(3), 'patient', tupleElement(p, 1), till(p, is_back), p), misses),
                arrayMap(
                    p -> tuple(toUInt8(4), 'consult', tupleElement(p, 1), till(p, seen), p),
                    arrayFilter(p -> is_seen and p > first_seen, returns)
                ),
                -- Who comes back later than the way takes, was late; who was seen without a word, waited.
                arrayMap(
                    found -> if(
                        has(returns, tupleElement(found, 2)),
                        tuple(toUInt8(14), 'late', tupleElement(found, 1).1 + interval 10 minute,
                            tupleElement(found, 2).1, tupleElement(found, 2)),
                        tuple(toUInt8(14), 'by report', tupleElement(found, 1).1,
                            tupleElement(found, 2).1, tupleElement(found, 2))
                    ),
                    arrayFilter(found -> has(returns, tupleElement(found, 2)) or has(seen, tupleElement(found, 2)), results)
                )
            )) as goings_on
        from {visits:Identifier} as visits
        inner join courses on courses.visit_id = visits.visit_id
        left join spans on spans.visit_id = visits.visit_id
        left join slots on slots.appointment_id = visits.appointment_id and visits.appointment_id != ''
        where class = 'outpatient' and not dropped and arrived_at is not null
            and visits.visit_id not in (select visit_id from converted)
    ),
    -- The stretches between any two things that begin or end: in each the first of what goes on is what counts.
    split as (
        select
            visit_id, patient_id, day, row_dept, came_at, is_seen, ever_seen, refunded, is_over,
            if(is_over, last_done.1, never) as horizon,
            arrayFilter(
                going -> tupleElement(going, 4) > greatest(came_at, tupleElement(going, 3))
                    and tupleElement(going, 3) < horizon
                    and (not is_over or tupleElement(going, 1) < 14 or tupleElement(going, 5) <= last_done),
                goings_on
            ) as going_on,
            arraySort(arrayDistinct(arrayConcat(
                [came_at, horizon],
                arrayMap(going -> greatest(came_at, tupleElement(going, 3)), going_on),
                arrayMap(going -> least(horizon, tupleElement(going, 4)), going_on)
            ))) as points,
            arrayMap(
                point -> tupleElement(arrayFirst(
                    going -> tupleElement(going, 3) <= point and tupleElement(going, 4) > point, going_on
                ), 2),
                arrayPopBack(points)
            ) as kinds,
            arrayMap((begins, ends) -> date_diff('millisecond', begins, ends), arrayPopBack(points), arrayPopFront(points))
                as lengths
        from outlines
        array join [true, false] as is_over
        where if(is_over, last_done.1 > came_at, true)
    ),
    told as (
        select
            *,
            arrayLastIndex(kind -> kind != kinds[-1], kinds) + 1 as last_run,
            arrayMap(
                part -> tuple(part, arraySum((kind, length) -> if(
                    transform(kind, ['', 'late', 'by report'], ['walking', 'patient', 'consult'], kind) = part, length, 0
                ), kinds, lengths)),
                [
                    'early', 'consult', 'exam_wait', 'exam_report', 'lab_wait', 'lab_report', 'pharmacy', 'payment',
                    'desk', 'service', 'patient', 'walking'
                ]
            ) as sums
        from split
    )
select
    'visit_time' as stage,
    visit_id as scope_id,
    if(is_over, '', 'now') as series,
    day,
    if(is_over, came_at, points[last_run]) as started_at,
    if(is_over, horizon, null) as ended_at,
    is_over as measured,
    if(is_over, null, hispulse_closes_at(
        points[last_run], row_dept, {session_ends:Map(String, UInt16)}, {session_end:UInt16}, {zone:String}
    )) as open_until,
    map('dept', row_dept, 'parts', if(is_over, arrayStringConcat(arrayMap(
        each -> concat(tupleElement(each, 1), '=', toString(tupleElement(each, 2))),
        arrayFilter(each -> tupleElement(each, 2) > 0, sums)
    ), ';'), kinds[-1])) as dims,
    visit_id,
    patient_id
from told
where if(
    is_over,
    not mapContains({ceilings_ms:Map(String, Int64)}, 'visit_los')
        or date_diff('millisecond', came_at, horizon) <= {ceilings_ms:Map(String, Int64)}['visit_los'],
    kinds[-1] != '' and (is_seen or not (ever_seen or refunded))
)
