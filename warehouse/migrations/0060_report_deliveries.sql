-- One row per attempt to deliver a report: what went where, and why it did not. Nothing is ever taken out.
create table if not exists report_deliveries (
    facility_id LowCardinality(String),
    report LowCardinality(String),
    period String,
    department LowCardinality(String),
    delivery LowCardinality(String),
    kind LowCardinality(String),
    at DateTime64(3, 'UTC'),
    delivered Bool,
    why String
) engine = MergeTree
partition by toYear(at)
order by (facility_id, report, period, delivery, at);
