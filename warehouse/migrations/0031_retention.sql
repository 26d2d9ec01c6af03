-- From which day on a table still has its rows: what is older was deleted, as the site says how long it is kept.
create table if not exists retained (
    name LowCardinality(String),
    kept_from Date,
    deleted_at DateTime64(3, 'UTC') default now64(3, 'UTC')
) engine = MergeTree
order by (name, deleted_at);
