-- grain: one row per field of an event type as the day's events told it: its JSON type, and each code of a coded field
with
    fields as (
        select
            event_type,
            arrayJoin(JSONExtractKeysAndValuesRaw(body)) as field,
            tupleElement(field, 1) as name,
            tupleElement(field, 2) as raw,
            multiIf(
                startsWith(raw, '"'), 'string', raw = 'null', 'null', raw in ('true', 'false'), 'boolean',
                startsWith(raw, '['), 'array', startsWith(raw, '{'), 'object', 'number'
            ) as type,
            if(type = 'string' and has({coded:Array(String)}, name), trim(both '"' from raw), null) as told
        from day_events
        where build_day = {day:Date}
            and facility_id = {facility:String}
            and toDate(occurred_at, {zone:String}) = {day:Date}
    )
select
    concat(event_type, '.', name, ':', type) as shape,
    if(isNull(told) or not has({codes:Array(String)}, concat(event_type, '.', name)), null,
        concat(event_type, '.', name, '=', told)) as code,
    count() as n
from fields
group by shape, code
order by shape, code
