-- grain: one row per source and minute: what was heard in it, and how long it had been on its way
select
    source_system,
    toUnixTimestamp64Milli(max(ingested_at)) as heard_at,
    count() as events,
    sumMapIf(
        map(intDiv(greatest(0, toUnixTimestamp64Milli(ingested_at) - recorded_ms), 1000), toInt64(1)),
        recorded_ms >= {begins:Int64} -- what was entered on an earlier day is history being told
    ) as lags_s
from
(
    select source_system, ingested_at, ifNull(toUnixTimestamp64Milli(recorded_at), 0) as recorded_ms
    from events
    where facility_id = {facility:String}
        and domain != 'control'
        and ingested_at >= fromUnixTimestamp64Milli({begins:Int64}, 'UTC')
        and ingested_at < fromUnixTimestamp64Milli({ends:Int64}, 'UTC')
)
group by source_system, intDiv(toUnixTimestamp64Milli(ingested_at), 60000)
order by heard_at, source_system
