-- Everything that was told, every revision of it. Equal rows collapse to the one first heard; which telling counts is
-- decided when reading (won_events). The revision carries a hash of what is said, so that equal (event_id,
-- source_system, revision) means equal occurred_at: the month and the day may stand before the event's id.
create table if not exists events
(
    event_id            String,
    revision            String,
    op                  LowCardinality(String),
    event_type          LowCardinality(String),
    domain              LowCardinality(String),
    schema_version      UInt16,
    facility_id         LowCardinality(String),
    subject             String,
    patient_id          String,                          -- '' where the event names none, as all ids here
    visit_id            String,
    source_system       LowCardinality(String),
    source_msg_id       String,
    occurred_at         DateTime64(3, 'UTC'),
    occurred_precision  LowCardinality(String),
    tz_offset_min       Int16,
    tz_defaulted        Bool,
    recorded_at         Nullable(DateTime64(3, 'UTC')),
    sent_at             Nullable(DateTime64(3, 'UTC')),
    ingested_at         DateTime64(3, 'UTC'),
    quality_flags       Array(LowCardinality(String)),
    links               Array(String),                   -- every id the event names that joins subjects and visits
    body                String codec(ZSTD(1)),           -- the JSON as it was sent
    kafka_topic         LowCardinality(String),
    kafka_partition     UInt16,
    kafka_offset        Int64,
    event_key           UInt64 materialized cityHash64(event_id),
    link_keys           Array(UInt64) materialized arrayMap(id -> cityHash64(id), links),
    heard_first         UInt64 materialized toUInt64(8000000000000 - toUnixTimestamp64Milli(ingested_at)),
    index by_link links type bloom_filter(0.01) granularity 1,
    index by_event event_id type bloom_filter(0.01) granularity 1
)
engine = ReplacingMergeTree(heard_first)
partition by toYYYYMM(occurred_at)
order by (toDate(occurred_at), event_type, event_id, source_system, revision)
settings non_replicated_deduplication_window = 10000;

-- The site's order of sources, one row a change; the last one holds.
create table if not exists source_priority
(
    set_at   DateTime64(6, 'UTC') default now64(6, 'UTC'),
    sources  Array(String)
)
engine = MergeTree
order by set_at;

-- The winners that one day's marts are made of: a working table, filled once a build by views.fill_day and read by
-- the ev_* views. Its rows can be had again at any time.
create table if not exists day_events
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
order by (event_type, subject, event_id)
ttl filled_at + interval 3 day;

create table if not exists day_events_filling as day_events;
