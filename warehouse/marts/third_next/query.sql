-- One row per department, doctor and kind of visit with sessions to come, at ten o'clock: how far is the third free place?
insert into {drafts:Identifier} (stage, scope_id, started_at, ended_at, measured, millis, excluded, dims)
with
    toDateTime64(hispulse_wall_clock({day:Date}, 600, {zone:String}), 3, 'UTC') as ten,
    -- What can be booked then: sessions published before and not suspended, places that are not held back.
    places as (
        select
            (dept, doctor, visit_kind) as of_whom,
            slot.slot_id as slot_id,
            fromUnixTimestamp64Milli(slot.start, 'UTC') as starts_at,
            ifNull(slot.capacity, 0) as capacity
        from (
            select
                said.dept_code as dept, said.doctor_id as doctor, said.visit_kind as visit_kind,
                arrayJoin(said.slots) as slot
            from {scheduled:Identifier}
            where event_type = 'schedule.session_published' and occurred_at <= ten and subject not in (
                select subject from {scheduled:Identifier}
                where event_type = 'schedule.session_suspended' and occurred_at <= ten
            )
        )
        where slot.pool in ('', 'open') and slot.start is not null and starts_at > ten
    ),
    -- Who has a place then: as booked, or as moved before.
    holders as (
        select
            argMinIf(tuple(said.slot_id, said.dept_code, said.doctor_id, said.slot_start), (occurred_at, event_id),
                event_type = 'appointment.booked') as booking,
            argMaxIf(
                tuple(said.new_slot_start), (occurred_at, event_id),
                event_type = 'appointment.rescheduled' and said.new_slot_start is not null
            ).1 as moved_to,
            if(moved_to is null, booking.1, '') as slot_id,
            fromUnixTimestamp64Milli(coalesce(moved_to, booking.4), 'UTC') as slot_at
        from {scheduled:Identifier}
        where startsWith(event_type, 'appointment.') and occurred_at <= ten
        group by subject
        having countIf(event_type = 'appointment.booked') > 0 and countIf(event_type = 'appointment.cancelled') = 0
    ),
    held as (  -- by the number of the slot
        select slot_id, count() as n from holders where slot_id != '' group by slot_id
    ),
    held_at as (  -- else by department, doctor and time
        select booking.2 as dept, booking.3 as doctor, slot_at, count() as n
        from holders
        where slot_id = '' and slot_at is not null
        group by dept, doctor, slot_at
    ),
    free as (
        select
            of_whom, starts_at,
            greatest(0, toInt64(capacity) - toInt64(held.n) - toInt64(held_at.n)) as n_free
        from places
        left join held on held.slot_id = places.slot_id and places.slot_id != ''
        left join held_at on held_at.dept = of_whom.1 and held_at.doctor = of_whom.2 and held_at.slot_at = starts_at
    ),
    by_doctor as (
        select
            of_whom,
            arraySort(groupArray((starts_at, n_free))) as in_order,
            arrayFirstIndex(n -> n >= 3, arrayCumSum(arrayMap(place -> place.2, in_order))) as third,
            if(third > 0, dateDiff('day', {day:Date}, toDate(in_order[third].1, {zone:String})), 0) as days
        from free
        group by of_whom
    )
select
    'third_next' as stage,
    arrayStringConcat([of_whom.1, of_whom.2, of_whom.3], '|') as scope_id,
    ten as started_at,
    ten as ended_at,
    third > 0 as measured,
    if(third > 0, days * 86400000, null) as millis,
    if(third > 0, '', 'fewer_than_three') as excluded,
    map(
        'dept', if(of_whom.1 = '', '?', of_whom.1), 'doctor', if(of_whom.2 = '', '?', of_whom.2),
        'visit_kind', if(of_whom.3 = '', '?', of_whom.3)
    ) as dims
from by_doctor
where ten <= {as_of:DateTime64(3, 'UTC')}
