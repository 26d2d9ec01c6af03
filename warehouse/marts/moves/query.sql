-- One row per visit that was joined to another one: the visit under which its facts count.
create table {moves:Identifier} engine = MergeTree order by visit_id as
with
    -- In order of time a later survivor replaces an earlier one; what would close a circle is left out.
    told as (
        select arraySort(groupArray(
            tuple(occurred_at, event_id, visit_id, JSONExtractString(body, 'prior_visit_id'))
        )) as moved
        from day_events
        where build_day = {day:Date} and facility_id = {facility:String} and event_type = 'visit.moved'
            and visit_id != '' and JSONExtractString(body, 'prior_visit_id') != ''
    ),
    joined as (
        select arrayFold(
            (survivors, move) -> if(
                arrayFold(
                    (visit, step) -> if(visit != move.4 and mapContains(survivors, visit), survivors[visit], visit),
                    range(length(survivors)),
                    move.3
                ) = move.4,
                survivors,
                mapUpdate(survivors, map(move.4, move.3))
            ),
            moved,
            cast(map(), 'Map(String, String)')
        ) as survivors
        from told
    )
select
    arrayJoin(mapKeys(survivors)) as prior_id,
    prior_id as visit_id,
    arrayFold(
        (visit, step) -> if(mapContains(survivors, visit), survivors[visit], visit), range(length(survivors)), prior_id
    ) as survivor_id
from joined
