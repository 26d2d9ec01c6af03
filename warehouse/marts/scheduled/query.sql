-- One row per live fact of a session or appointment that is booked on the day or lies on it or later, with what it says.
create table {scheduled:Identifier} engine = MergeTree order by (event_type, subject) as
with
    toDateTime({day:Date}, {zone:String}) as day_begins,
    toUnixTimestamp(day_begins) * 1000 as begins_ms,
    -- People book a season ahead: what a day's build looks at is too short for that.
    near as (
        select event_type, event_id, source_system, revision, ingested_at, op, subject, patient_id, occurred_at,
            occurred_precision, body
        from events
        where facility_id = {facility:String} and domain = 'scheduling'
            and occurred_at >= day_begins - interval 100 day and occurred_at < day_begins + interval 18 day
    ),
    in_reach as (
        select distinct cityHash64(subject) as subject_key
        from near
        where occurred_at >= day_begins and occurred_at < day_begins + interval 25 hour
            or simpleJSONExtractInt(body, 'slot_start') >= begins_ms
            or simpleJSONExtractInt(body, 'new_slot_start') >= begins_ms
            or simpleJSONExtractInt(body, 'session_start') >= begins_ms
            or simpleJSONExtractString(body, 'session_date') >= toString({day:Date})
    ),
    -- Of all tellings of a fact, the one that counts.
    winners as (
        select * from near
        where cityHash64(subject) in (select subject_key from in_reach)
        order by
            event_id,
            if(has({priority:Array(String)}, source_system), indexOf({priority:Array(String)}, source_system), 65535),
            source_system,
            revision desc,
            ingested_at
        limit 1 by event_id
    )
select
    event_type,
    event_id,
    subject,
    patient_id,
    occurred_at,
    cast(occurred_precision, 'String') != 'day' as timed,
    JSONExtract(body, 'Tuple(
        arrived_late Bool, channel String, dept_code String, doctor_id String, initiator String, is_add Bool,
        new_slot_start Nullable(Int64), object String, session_date String, session_end Nullable(Int64),
        session_start Nullable(Int64), slot_end Nullable(Int64), slot_id String, slot_start Nullable(Int64),
        slots Array(Tuple(capacity Nullable(Int64), pool String, slot_id String, start Nullable(Int64))),
        visit_kind String
    )') as said
from winners
where op = 'assert'
