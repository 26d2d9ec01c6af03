-- Values of weeks, months, quarters and years, in the long format of the days' values. `day` is the period's first.
-- A period is one partition and is replaced as a whole, as a day is.
create table if not exists period_values as kpi_values engine = MergeTree
partition by (facility_id, grain, day)
order by (kpi, series);

create table if not exists period_values_building as period_values;

-- One row per finished build of a period: of how many published days, and (a hash) of which builds of them.
create table if not exists period_builds (
    facility_id LowCardinality(String),
    grain LowCardinality(String),
    first Date,
    last Date,
    days UInt16,
    made_of String,
    as_of DateTime64(3, 'UTC'),
    computed_at DateTime64(3, 'UTC'),
    kpi_values UInt64,
    seconds Float64
) engine = MergeTree
order by (facility_id, grain, first, computed_at);

-- The ledger: every value that was published, once as long as it stayed the same. Nothing is ever taken out of it.
create table if not exists kpi_ledger (
    facility_id LowCardinality(String),
    kpi LowCardinality(String),
    grain LowCardinality(String),
    day Date,
    hour Nullable(UInt8),
    series LowCardinality(String),
    dims Map(LowCardinality(String), String),
    published_at DateTime64(3, 'UTC'),
    is_gone Bool,
    version UInt16,
    code LowCardinality(String),
    as_of DateTime64(3, 'UTC'),
    n UInt64,
    value Nullable(Float64),
    mean Nullable(Float64),
    p50 Nullable(Float64),
    p90 Nullable(Float64),
    sum_ms Int64,
    shares Map(LowCardinality(String), Float64),
    num Nullable(UInt64),
    den Nullable(UInt64),
    amount_num Nullable(Decimal(38, 4)),
    amount_den Nullable(Decimal(38, 4)),
    excluded Map(LowCardinality(String), UInt32),
    waiting UInt32,
    completeness Nullable(Float64),
    place UInt64,
    said UInt64
) engine = MergeTree
partition by (facility_id, toYear(day))
order by (kpi, grain, day, place, published_at);

-- One row per publication of a day that was over, or of a period: what it was made of.
create table if not exists publications (
    facility_id LowCardinality(String),
    grain LowCardinality(String),
    day Date,
    published_at DateTime64(3, 'UTC'),
    as_of DateTime64(3, 'UTC'),
    release LowCardinality(String),
    codes Map(LowCardinality(String), String),
    events UInt64,
    events_hash UInt64,
    heard_until DateTime64(3, 'UTC'),
    days Map(Date, DateTime64(3, 'UTC'))
) engine = MergeTree
order by (facility_id, grain, day, published_at);

-- One row per stage row that a publication restated: as it was, as it is, and which kinds of tellings had come for it.
create table if not exists restated_rows (
    facility_id LowCardinality(String),
    day Date,
    published_at DateTime64(3, 'UTC'),
    stage LowCardinality(String),
    series LowCardinality(String),
    scope_id String,
    part String,
    dims Map(LowCardinality(String), String),
    was String,
    becomes String,
    causes Array(LowCardinality(String)),
    event_types Array(LowCardinality(String))
) engine = MergeTree
partition by (facility_id, toYear(day))
order by (day, published_at, stage);
