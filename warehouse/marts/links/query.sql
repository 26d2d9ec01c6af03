-- One row per ticket, order, bill and prescription in reach that is in a visit: which one.
create table {links:Identifier} engine = MergeTree order by subject as
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
    ),
    named as (
        select subject, one_visit as visit from names
        where one_visit = other_visit
        union all
        select subject, argMin(visit_id, (not stands, first_place, visit_id)) as visit
        from (
            select *, by_revision = max(by_revision) over (partition by subject, by_event) as stands
            from first_names
        )
        group by subject
    ),
    -- Where none names one: that of the first subject it refers to. A ticket's bill may itself only name its order.
    refs as (
        select subject, ref, min((occurred_at, event_id, place)) as first_place
        from {tellings:Identifier}
        array join links as ref, arrayEnumerate(links) as place
        where visit_id = '' and (event_type = 'bill.created' or startsWith(event_type, 'queue.')) and ref != subject
            and subject not in (select subject from names)
        group by subject, ref
    ),
    referred as (
        select refs.subject as subject, argMin(named.visit, first_place) as visit
        from refs inner join named on named.subject = refs.ref
        group by refs.subject
    ),
    known as (
        select subject, visit from named
        union all
        select subject, visit from referred
    ),
    referred_twice as (
        select refs.subject as subject, argMin(known.visit, first_place) as visit
        from refs inner join known on known.subject = refs.ref
        group by refs.subject
    ),
    found as (
        select subject, visit from named
        union all
        select subject, visit from referred_twice
    )
select
    found.subject as subject,
    if(moves.survivor_id != '', moves.survivor_id, found.visit) as visit_id
from found
left join {moves:Identifier} as moves on moves.visit_id = found.visit
