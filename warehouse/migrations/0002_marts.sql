-- What the marts keep. A day is one partition of each table: a build fills the twin `*_building`, is checked there,
-- and takes the day's place in one step, so a reader sees the last good day until the new one is whole.

-- One row of one stage in one scope (a ticket, visit, order, bill or prescription).
create table if not exists stage_rows (
    facility_id LowCardinality(String),
    day Date,
    stage LowCardinality(String),
    series LowCardinality(String),
    scope LowCardinality(String),
    scope_id String,
    part String,
    at DateTime64(3, 'UTC'),
    started_at Nullable(DateTime64(3, 'UTC')),
    ended_at Nullable(DateTime64(3, 'UTC')),
    millis Nullable(Int64),
    open_until Nullable(DateTime64(3, 'UTC')),
    excluded LowCardinality(String),
    num Nullable(Bool),
    distinct String,
    amount String,
    amount_num String,
    dims Map(LowCardinality(String), String),
    flags Array(LowCardinality(String)),
    visit_id String,
    patient_id String,
    computed_at DateTime64(3, 'UTC'),
    as_of DateTime64(3, 'UTC')
) engine = MergeTree
partition by (facility_id, day)
order by (stage, series, at, scope_id, part);

create table if not exists stage_rows_building as stage_rows;

-- One value of a KPI: of a day or an hour, of the whole hospital or of one cut of its dimensions.
create table if not exists kpi_values (
    facility_id LowCardinality(String),
    kpi LowCardinality(String),
    version UInt16,
    grain LowCardinality(String),
    day Date,
    hour Nullable(UInt8),
    series LowCardinality(String),
    dims Map(LowCardinality(String), String),
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
    computed_at DateTime64(3, 'UTC'),
    as_of DateTime64(3, 'UTC')
) engine = MergeTree
partition by (facility_id, day)
order by (kpi, grain, series);

create table if not exists kpi_values_building as kpi_values;

-- One row per finished build of a day: what stands now, and what stood before.
create table if not exists mart_builds (
    facility_id LowCardinality(String),
    day Date,
    as_of DateTime64(3, 'UTC'),
    computed_at DateTime64(3, 'UTC'),
    events UInt64,
    stage_rows UInt64,
    kpi_values UInt64,
    seconds Float64
) engine = MergeTree
order by (facility_id, day, computed_at);

-- A wall-clock time of a local day; minute 1440 is the next midnight.
create or replace function hispulse_wall_clock as (day, minute, zone) -> toDateTime64(concat(
    toString(addDays(day, intDiv(minute, 1440))), ' ', leftPad(toString(intDiv(minute % 1440, 60)), 2, '0'), ':',
    leftPad(toString(minute % 60), 2, '0'), ':00'
), 3, zone);

-- When what began at `start` is no longer open: two hours after the session's end that day, or after the day's end
-- where it began later than the session ended.
create or replace function hispulse_session_closes_at as (start, session_end, zone) -> toDateTime64(
    hispulse_wall_clock(
        toDate(start, zone), if(start < hispulse_wall_clock(toDate(start, zone), session_end, zone), session_end, 1440), zone
    ) + interval 2 hour, 3, 'UTC'
);
