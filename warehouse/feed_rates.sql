-- grain: one row per source, department and day of those compared: events heard in the hour before the same time of day
select
    source_system,
    coalesce(
        nullIf(JSONExtractString(body, 'dept_code'), ''),
        nullIf(JSONExtractString(body, 'ordering_dept'), ''),
        JSONExtractString(body, 'performing_dept')
    ) as dept,
    arrayFirstIndex(
        since -> toUnixTimestamp64Milli(ingested_at) >= since and toUnixTimestamp64Milli(ingested_at) < since + 3600000,
        {since:Array(Int64)}
    ) as place, -- of the day in the list, from 1
    uniqExact(event_id) as n
from events
where facility_id = {facility:String}
    and domain != 'control'
    and occurred_at >= {oldest:DateTime64(3, 'UTC')}
    and arrayExists(
        since -> toUnixTimestamp64Milli(ingested_at) >= since and toUnixTimestamp64Milli(ingested_at) < since + 3600000,
        {since:Array(Int64)}
    )
group by source_system, dept, place
order by source_system, dept, place
