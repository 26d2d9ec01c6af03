-- One row per visit that was joined to another one: the visit under which its facts count.
create table {moves:Identifier} engine = MergeTree order by visit_id as
with
    joined as (
        select hispulse_survivors(arraySort(groupArray(
            tuple(occurred_at, event_id, visit_id, JSONExtractString(body, 'prior_visit_id'))
        ))) as survivors
        from day_events
        where build_day = {day:Date} and facility_id = {facility:String} and event_type = 'visit.moved'
            and visit_id != '' and JSONExtractString(body, 'prior_visit_id') != ''
    )
select
    arrayJoin(mapKeys(survivors)) as prior_id,
    prior_id as visit_id,
    hispulse_survivor_of(survivors, prior_id) as survivor_id
from joined
