-- One row per consultation of an outpatient visit: to its end, told or (once its session is over) imputed.
insert into {drafts:Identifier} (
    stage, scope_id, part, day, at, started_at, ended_at, measured, millis, open_until, excluded, dims, flags,
    visit_id, patient_id
)
with
    ends as (
        select visit_id, arraySort(groupArray(tuple(
            occurred_at, event_id, said.consultation_seq, said.end_imputed
        ))) as ended
        from {facts:Identifier}
        where event_type = 'consultation.ended' and timed and visit_id != ''
        group by visit_id
    ),
    -- A room's patients in order of time, of whatever class.
    rooms as (
        select said.room_id as room, arraySort(groupArray(tuple(occurred_at, visit_id))) as patients
        from {facts:Identifier}
        where event_type = 'consultation.started' and timed and said.room_id != ''
        group by room
    ),
    orders as (
        select visit_id as ordering_visit, arraySort(groupArray(occurred_at)) as ordered
        from {facts:Identifier}
        where event_type = 'order.placed' and timed and visit_id != ''
        group by ordering_visit
    ),
    -- The end of a consultation bears its number; where it has none, it is the first such before the next such start.
    contacts as (
        select
            visits.visit_id as visit_id,
            visits.patient_id as patient_id,
            visits.day as day,
            place,
            consultation.1 as seen_at,
            consultation.3 as number,
            consultation.6 as room,
            arrayFirstOrNull(
                later -> tupleElement(later, 3) is null, arraySlice(consultations, place + 1)
            ).1 as next_unnumbered_at,
            arrayFirstIndex(
                finish -> if(
                    number is null,
                    tupleElement(finish, 3) is null and tupleElement(finish, 1) >= seen_at
                        and ifNull(tupleElement(finish, 1) < next_unnumbered_at, true),
                    ifNull(tupleElement(finish, 3) = number, false)
                ),
                ends.ended
            ) as which,
            ends.ended[which] as finish,
            multiIf(
                consultation.5 != '', consultation.5, arrived_dept != '', arrived_dept, dept != '', dept, '?'
            ) as row_dept,
            multiIf(consultation.4 != '', consultation.4, doctor != '', doctor, '?') as row_doctor,
            if(visit_kind = '', '?', visit_kind) as row_kind,
            hispulse_closes_at(
                seen_at, row_dept, {session_ends:Map(String, UInt16)}, {session_end:UInt16}, {zone:String}
            ) as closes_at
        from {visits:Identifier} as visits
        array join consultations as consultation, arrayEnumerate(consultations) as place
        left join ends on ends.visit_id = visits.visit_id
        where class = 'outpatient' and not dropped
    ),
    -- What nobody told is imputed when the session is over: the room's next patient, else the last order, else its end.
    imputed as (
        select
            contacts.*,
            which = 0 and closes_at <= {as_of:DateTime64(3, 'UTC')} as is_imputed,
            arrayFirstOrNull(
                patient -> tupleElement(patient, 1) > seen_at and tupleElement(patient, 2) != contacts.visit_id
                    and toDate(tupleElement(patient, 1), {zone:String}) = toDate(seen_at, {zone:String}),
                rooms.patients
            ).1 as next_patient_at,
            arrayLastOrNull(at -> at >= seen_at, orders.ordered) as last_order_at,
            multiIf(
                which > 0, finish.1,
                not is_imputed, null,
                coalesce(next_patient_at, last_order_at, closes_at - interval 2 hour)
            ) as end_at,
            ifNull(date_diff('millisecond', seen_at, end_at) > 7200000, false) as is_capped
        from contacts
        left join rooms on rooms.room = contacts.room
        left join orders on orders.ordering_visit = contacts.visit_id
    )
select
    'consult_duration' as stage,
    visit_id as scope_id,
    toString(ifNull(number, place)) as part,
    day,
    if(is_imputed, seen_at, null) as at,   -- an imputed end picks no hour
    seen_at as started_at,
    end_at as ended_at,
    end_at is not null as measured,
    if(is_capped, 7200000, null) as millis,
    if(end_at is null, closes_at, null) as open_until,
    if(is_imputed or (which > 0 and finish.4), 'end_imputed', '') as excluded,
    map('dept', row_dept, 'doctor', row_doctor, 'visit_kind', row_kind) as dims,
    arrayFilter(flag -> flag != '', [if(is_capped, 'capped', ''), if(is_imputed, 'end_imputed', '')]) as flags,
    visit_id,
    patient_id
from imputed
