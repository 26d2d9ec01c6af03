-- One row per ticket, order, bill and prescription in reach of which something says in which visit it is: that visit.
create table {named:Identifier} engine = MergeTree order by subject as
with
    -- Whoever says in which visit one is, is believed: also a source, or a revision, that does not count for the rest.
    names as (
        select subject, min(visit_id) as one_visit, max(visit_id) as other_visit
        from {tellings:Identifier}
        where visit_id != ''
        group by subject
    ),
    -- Where its events name several: the one that the earliest names; where that event was revised, as it was last.
    first_names as (
        select subject, visit_id, argMin(event_id, place) as by_event, argMin(last_revision, place) as by_revision,
            min(place) as first_place
        from (
            select subject, visit_id, event_id, max(revision) as last_revision, tuple(occurred_at, event_id) as place
            from {tellings:Identifier}
            where visit_id != '' and subject in (select subject from names where one_visit != other_visit)
            group by subject, visit_id, occurred_at, event_id
        )
        group by subject, visit_id
    )
select subject, one_visit as visit from names
where one_visit = other_visit
union all
select subject, argMin(visit_id, (not stands, first_place, visit_id)) as visit
from (
    select *, by_revision = max(by_revision) over (partition by subject, by_event) as stands
    from first_names
)
group by subject
