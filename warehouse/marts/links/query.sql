-- One row per ticket, order, bill and prescription in reach that is in a visit: which one.
create table {links:Identifier} engine = MergeTree order by subject as
with
    subjects as (
        select event_type, event_id, subject, occurred_at, visit_id, body
        from day_events
        where build_day = {day:Date} and facility_id = {facility:String} and subject != visit_id
            and domain in ('queue', 'orders', 'billing', 'pharmacy')
    ),
    -- The visit that the earliest of its facts names.
    named as (
        select subject, argMin(visit_id, (occurred_at, event_id)) as visit from subjects
        where visit_id != ''
        group by subject
    ),
    -- Where none names one: that of the first subject it refers to. A ticket's bill may itself only name its order.
    refs as (
        select subject, ref, min((occurred_at, event_id, place)) as first_place
        from (
            select subject, occurred_at, event_id, JSONExtract(body, 'ref_ids', 'Array(String)') as ref_ids from subjects
            where event_type = 'bill.created' or event_type like 'queue.%'
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
