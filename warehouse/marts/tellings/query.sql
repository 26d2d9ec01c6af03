-- One row per telling, counting or not, of the day's tickets, orders, bills and prescriptions and of those they name.
create table {tellings:Identifier} engine = MergeTree order by subject as
with
    near as (
        select event_type, event_id, revision, subject, occurred_at, visit_id, links
        from events
        where facility_id = {facility:String} and domain in ('queue', 'orders', 'billing', 'pharmacy')
            and occurred_at >= toDateTime({day:Date}, {zone:String}) - interval 17 day
            and occurred_at < toDateTime({day:Date}, {zone:String}) + interval 18 day
    ),
    own as (
        select subject from day_events
        where build_day = {day:Date} and facility_id = {facility:String}
            and domain in ('queue', 'orders', 'billing', 'pharmacy')
    )
select * from near
where subject in (select arrayJoin(links) from near where subject in (select subject from own))
