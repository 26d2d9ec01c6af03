-- What was told of a day after its values were final, or of a period that was frozen: what the value would be now. It
-- stands beside the published one and never takes its place; the columns are the ledger's.
create table if not exists adjustments as kpi_ledger;

-- Periods whose published values somebody has reported to others: they stay as they were then.
create table if not exists frozen_periods (
    facility_id LowCardinality(String),
    grain LowCardinality(String),
    first Date,
    last Date,
    frozen_at DateTime64(3, 'UTC'),
    made_of String,
    days UInt16,
    note String
) engine = MergeTree
order by (facility_id, grain, first, frozen_at);

-- Late data are found by when they were heard.
alter table events add index if not exists by_heard ingested_at type minmax granularity 1;
