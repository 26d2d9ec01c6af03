-- grain: one row per desk (a window, a consulting room, a queue) and what of its acts shows how its times are entered
with
    last_words as (
        select
            event_type,
            event_id,
            source_system as source,
            if(has({priority:Array(String)}, source_system), indexOf({priority:Array(String)}, source_system), 65535) as place,
            argMax(tuple(op, subject, visit_id, occurred_precision, occurred_at, body), revision) as last_word
        from events
        where facility_id = {facility:String}
            and occurred_at >= {since:DateTime64(3, 'UTC')} and occurred_at < {until:DateTime64(3, 'UTC')}
            and (startsWith(event_type, 'queue.') or event_type in ('consultation.started', 'consultation.ended'))
        group by event_type, event_id, source_system
    ),
    facts as (
        select
            event_type,
            won.2 as subject,
            won.3 as visit,
            won.4 in ('second', 'ms') as to_the_second,
            won.5 as at,
            JSONExtract(won.6, 'Tuple(window_id String, room_id String, queue_id String, service_point_type String,
                dept_code String, closed_by String, end_imputed Bool, consultation_seq Int64, serve_seq Int64)') as said
        from (
            select event_type, event_id, argMin(last_word, (place, source)) as won
            from last_words
            group by event_type, event_id
        )
        where won.1 = 'assert' and won.4 != 'day'
    ),
    -- Of every ticket, what became of it; a machine that closes it at night is nobody.
    tickets as (
        select
            subject,
            anyIf(said.queue_id, said.queue_id != '') as queue,
            max(said.service_point_type) as point,
            countIf(event_type = 'queue.joined') > 0 as joined,
            countIf(event_type = 'queue.served') > 0 as served,
            countIf(event_type in ('queue.served', 'queue.left')
                or (event_type = 'queue.completed' and said.closed_by != 'auto')) > 0 as ended
        from facts
        where startsWith(event_type, 'queue.')
        group by subject
    ),
    -- Where a consultation is: its end does not say the room.
    rooms as (
        select visit, said.consultation_seq as seq, any(said.room_id) as room, min(at) as began, min(to_the_second) as exact
        from facts
        where event_type = 'consultation.started' and said.room_id != ''
        group by visit, seq
    ),
    services as (
        select subject, said.serve_seq as seq, min(at) as began, min(to_the_second) as exact
        from facts
        where event_type = 'queue.served'
        group by subject, seq
    ),
    -- What people at a desk do.
    acts as (
        select
            if(startsWith(event_type, 'queue.'), 'window', 'room') as kind,
            if(kind = 'window', facts.said.window_id, rooms.room) as desk,
            if(kind = 'window', ifNull(tickets.point, ''), 'clinic') as point,
            facts.at as at,
            facts.to_the_second as to_the_second,
            if(kind = 'window', facts.subject, facts.visit) as whose,
            event_type = 'queue.called' as is_call,
            is_call and not tickets.served as is_vain_call,
            event_type in ('queue.completed', 'consultation.ended') as is_end,
            is_end and facts.to_the_second and if(kind = 'window', services.exact, rooms.exact)
                and facts.at - if(kind = 'window', services.began, rooms.began) between 0 and 2 as is_nothing
        from facts
        left join tickets on tickets.subject = facts.subject
        left join services on services.subject = facts.subject and services.seq = facts.said.serve_seq
        left join rooms on rooms.visit = facts.visit and rooms.seq = facts.said.consultation_seq
        where (
                event_type in ('queue.called', 'queue.recalled', 'queue.missed', 'queue.served', 'queue.completed')
                and facts.said.closed_by != 'auto'
            )
            or (event_type in ('consultation.started', 'consultation.ended') and not facts.said.end_imputed)
    ),
    in_order as (
        select
            *,
            max(at) over (partition by kind, desk) as signed_out_at,
            lagInFrame(at) over nth as before_at,
            lagInFrame(whose) over nth as before_whose,
            lagInFrame(to_the_second) over nth as before_exact
        from acts
        where desk != ''
        window nth as (partition by kind, desk order by at, whose rows between unbounded preceding and current row)
    )
select
    kind,
    desk,
    max(point) as point,
    count() as acts,
    countIf(toMinute(at, {zone:String}) in (0, 30)) as on_half_hours,
    countIf(to_the_second and before_exact and before_whose != '' and before_whose != whose
        and at - before_at <= 2) as batch_clicks,
    countIf(is_end) as ends,
    countIf(is_nothing) as zero_lengths,
    countIf(is_call) as calls,
    countIf(is_vain_call and at >= signed_out_at - interval 5 minute) as calls_at_sign_out,
    0 as tickets,
    0 as never_closed
from in_order
group by kind, desk
union all
select
    'queue' as kind, queue as desk, max(point) as point, 0, 0, 0, 0, 0, 0, 0,
    count() as tickets, countIf(not ended) as never_closed
from tickets
where joined and queue != ''
group by queue
order by kind, desk
