-- grain: one row per event type heard on the day, with what may be wrong with its events
select
    event_type,
    count() as n,
    count() - uniqExact(event_id) as repeated,
    countIf(subject = '') as without_subject,
    countIf(occurred_at > ingested_at + interval 10 minute) as from_the_future,
    countIf(occurred_precision = 'day') as without_time_of_day,
    round(countIf(ifNull(recorded_at < occurred_at - interval 10 minute, false)) / count(), 6) as entered_before,
    round(countIf(arrayExists(flag -> startsWith(flag, 'missing:'), quality_flags)) / count(), 6) as incomplete_share
from day_events
where build_day = {day:Date}
    and facility_id = {facility:String}
    and toDate(occurred_at, {zone:String}) = {day:Date}
group by event_type
order by event_type
