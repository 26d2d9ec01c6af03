-- One row per telling, counting or not, of the day's tickets, orders, bills, prescriptions, complaints … and of those they name.
create table {tellings:Identifier} engine = MergeTree order by subject as
with
    near as (
        select event_type, event_id, revision, subject, cityHash64(subject) as subject_key, occurred_at, visit_id, links,
            link_keys
        from events
        where facility_id = {facility:String} and domain in ('queue', 'orders', 'billing', 'pharmacy', 'experience')
            and occurred_at >= toDateTime({day:Date}, {zone:String}) - interval 17 day
            and occurred_at < toDateTime({day:Date}, {zone:String}) + interval 18 day
    ),
    own as (
        select distinct cityHash64(subject) as subject_key from day_events
        where build_day = {day:Date} and facility_id = {facility:String}
            and domain in ('queue', 'orders', 'billing', 'pharmacy', 'experience')
    )
select event_type, event_id, revision, subject, occurred_at, visit_id, links
from near
where subject_key in (
    select distinct arrayJoin(link_keys) from near where subject_key in (select subject_key from own)
)
