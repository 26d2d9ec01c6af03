-- grain: one row per two sources and two kinds of facts of the day of which one comes before the other: how little lay between
with
    facts as (
        select
            event_type,
            source_system,
            any(subject) as subject,
            any(visit_id) as visit,
            argMax(op, revision) as last_op,
            argMax(occurred_precision, revision) as known_to,
            argMax(occurred_at, revision) as at
        from events
        where facility_id = {facility:String}
            and occurred_at >= {since:DateTime64(3, 'UTC')} and occurred_at < {until:DateTime64(3, 'UTC')}
            and has({types:Array(String)}, event_type)
        group by event_type, source_system, event_id
    ),
    firsts as (
        select
            tupleElement(place, 1) as of_what,
            tupleElement(place, 2) as id,
            event_type,
            source_system,
            min(toUnixTimestamp64Milli(at)) as at_ms
        from (
            select *, arrayJoin([('subject', subject), ('visit', ifNull(visit, ''))]) as place
            from facts
            where last_op = 'assert' and known_to in ('second', 'ms')
        )
        where id != ''
        group by of_what, id, event_type, source_system
    ),
    causes as (
        select arrayJoin({pairs:Array(Tuple(String, String, String))}) as cause
    )
select
    earlier.source_system as earlier,
    later.source_system as later,
    cause.1 as before,
    cause.2 as after,
    count() as n,
    quantileExactLow(0.01)(later.at_ms - earlier.at_ms) as least_ms
from firsts as earlier
inner join causes on cause.1 = earlier.event_type and cause.3 = earlier.of_what
inner join firsts as later on later.of_what = earlier.of_what and later.id = earlier.id and later.event_type = cause.2
where earlier.source_system != later.source_system
group by earlier.source_system, later.source_system, cause.1, cause.2
having n >= {least:UInt32}
order by earlier.source_system, later.source_system, cause.1, cause.2
