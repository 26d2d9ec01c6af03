-- grain: one row per source that told something on the day or on the days it is held against
with
    told as (
        select source_system, toDate(occurred_at, {zone:String}) as on_day, uniq(event_key) as n
        from events
        where facility_id = {facility:String}
            and toDate(occurred_at) in (
                select arrayJoin([each - 1, each, each + 1]) from (select arrayJoin({days:Array(Date)}) as each)
            )
            and has({days:Array(Date)}, on_day)
            and op = 'assert' and not startsWith(event_type, 'feed.')
        group by source_system, on_day
    )
select
    source_system,
    sumIf(told.n, on_day = {day:Date}) as n,
    arrayReduce('quantileExactInclusive(0.5)', arrayResize(
        groupArrayIf(told.n, has({usual:Array(Date)}, on_day)), length({usual:Array(Date)}), 0)) as usual_n,
    sumIf(told.n, on_day = {before:Date}) as before_n,
    greatest(ifNotFinite(usual_n, 0), toFloat64(before_n)) as usually,
    toInt64(usually >= 20 and n * 20 < usually) as silent,
    if(usual_n >= 50, round(n / usual_n, 3), null) as against_usual,
    if(before_n >= 50, round(n / before_n, 3), null) as against_before
from told
group by source_system
order by source_system
