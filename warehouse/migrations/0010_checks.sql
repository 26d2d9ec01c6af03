-- What was checked of a day, one row an expectation and run: the board shows the newest beside the number it concerns.
create table if not exists check_results (
    facility_id LowCardinality(String),
    day Date,
    suite LowCardinality(String),
    expectation String,
    kpi LowCardinality(String),          -- '' where it concerns the day as a whole
    severity LowCardinality(String),     -- withhold, warn, note
    passed Bool,
    observed String,
    expected String,
    zh String,
    en String,
    run_id String,
    at DateTime64(3, 'UTC')
) engine = ReplacingMergeTree(at)
partition by toYYYYMM(day)
order by (facility_id, day, suite, kpi, expectation);
