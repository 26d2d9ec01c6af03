-- Which facts one day's build works on, and how many tellings each has: only those told more than once need judging.
create table if not exists day_facts
(
    build_day  Date,
    event_key  UInt64,
    tellings   UInt32,
    filled_at  DateTime default now()
)
engine = MergeTree
partition by build_day
order by event_key
ttl filled_at + interval 3 day;

-- Sorted by type alone: that is how it is read, and `events` is in that order already.
drop table if exists day_events;

drop table if exists day_events_filling;

create table day_events
(
    build_day           Date,
    event_id            String,
    revision            String,
    event_type          LowCardinality(String),
    domain              LowCardinality(String),
    schema_version      UInt16,
    facility_id         LowCardinality(String),
    subject             String,
    patient_id          String,
    visit_id            String,
    source_system       LowCardinality(String),
    occurred_at         DateTime64(3, 'UTC'),
    occurred_precision  LowCardinality(String),
    tz_offset_min       Int16,
    tz_defaulted        Bool,
    recorded_at         Nullable(DateTime64(3, 'UTC')),
    sent_at             Nullable(DateTime64(3, 'UTC')),
    ingested_at         DateTime64(3, 'UTC'),
    quality_flags       Array(LowCardinality(String)),
    body                String codec(LZ4),
    filled_at           DateTime default now()
)
engine = MergeTree
partition by build_day
order by event_type
ttl filled_at + interval 3 day;

create table day_events_filling as day_events;
