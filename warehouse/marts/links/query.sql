-- One row per ticket, order, bill and prescription in reach that is in a visit: which one.
create table {links:Identifier} engine = MergeTree order by subject as
with
    -- Where none names one: that of the first subject it refers to. A ticket's bill may itself only name its order.
    refs as (
        select subject, ref, min((occurred_at, event_id, place)) as first_place
        from {tellings:Identifier}
        array join links as ref, arrayEnumerate(links) as place
        where visit_id = '' and (event_type = 'bill.created' or startsWith(event_type, 'queue.')) and ref != subject
            and subject not in (select subject from {named:Identifier})
        group by subject, ref
    ),
    referred as (
        select refs.subject as subject, argMin(named.visit, first_place) as visit
        from refs inner join {named:Identifier} as named on named.subject = refs.ref
        group by refs.subject
    ),
    known as (
        select subject, visit from {named:Identifier}
        union all
        select subject, visit from referred
    ),
    referred_twice as (
        select refs.subject as subject, argMin(known.visit, first_place) as visit
        from refs inner join known on known.subject = refs.ref
        group by refs.subject
    ),
    found as (
        select subject, visit from {named:Identifier}
        union all
        select subject, visit from referred_twice
    )
select
    found.subject as subject,
    if(moves.survivor_id != '', moves.survivor_id, found.visit) as visit_id
from found
left join {moves:Identifier} as moves on moves.visit_id = found.visit
