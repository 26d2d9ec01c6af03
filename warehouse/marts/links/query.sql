-- One row per ticket, order, bill and prescription in reach that is in a visit: which one.
create table {links:Identifier} engine = MergeTree order by subject as
with
    -- All that was ever said of the day's tickets, orders, bills and prescriptions, and of those that they refer to.
    -- Whoever says in which visit one is, is believed: also a source, or a revision, that does not count for the rest.
    near as (
        select event_type, event_id, revision, subject, occurred_at, visit_id, links, body
        from events
        where facility_id = {facility:String} and domain in ('queue', 'orders', 'billing', 'pharmacy')
            and occurred_at >= toDateTime({day:Date}, {zone:String}) - interval 17 day
            and occurred_at < toDateTime({day:Date}, {zone:String}) + interval 18 day
    ),
    own as (
        select subject from day_events
        where build_day = {day:Date} and facility_id = {facility:String}
            and domain in ('queue', 'orders', 'billing', 'pharmacy')
    ),
    told as (
        select * from near
        where subject in (select arrayJoin(links) from near where subject in (select subject from own))
    ),
    -- The visit that the earliest of its events names; where that event was revised to name another, the last one.
    first_names as (
        select subject, visit_id, argMin(event_id, place) as by_event, argMin(revision, place) as by_revision, min(place) as first
        from (
            select subject, visit_id, event_id, max(revision) as revision, tuple(occurred_at, event_id) as place
            from told
            where visit_id != ''
            group by subject, visit_id, occurred_at, event_id
        )
        group by subject, visit_id
    ),
    named as (
        select subject, argMin(visit_id, (not stands, first, visit_id)) as visit
        from (
            select *, by_revision = max(by_revision) over (partition by subject, by_event) as stands
            from first_names
        )
        group by subject
    ),
    -- Where none names one: that of the first subject it refers to. A ticket's bill may itself only name its order.
    refs as (
        select subject, ref, min((occurred_at, event_id, place)) as first_place
        from (
            select subject, occurred_at, event_id, JSONExtract(body, 'ref_ids', 'Array(String)') as ref_ids from told
            where visit_id = '' and (event_type = 'bill.created' or startsWith(event_type, 'queue.'))
        )
        array join ref_ids as ref, arrayEnumerate(ref_ids) as place
        where subject not in (select subject from named) and ref != subject
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
