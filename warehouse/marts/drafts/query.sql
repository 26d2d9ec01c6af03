-- One row per drafted stage row: what a stage's query found, before guards, whichever day it belongs to.
create table {drafts:Identifier} (
    stage LowCardinality(String),
    scope_id String,
    part String,
    series LowCardinality(String),
    day Nullable(Date),                       -- of a visit's rows; others belong to the local date of their bucket
    at Nullable(DateTime64(3, 'UTC')),        -- of shares and counts; intervals lie at one of their ends
    started_at Nullable(DateTime64(3, 'UTC')),
    ended_at Nullable(DateTime64(3, 'UTC')),
    measured Bool,                            -- has a length: from start to end, unless `millis` says otherwise
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
    patient_id String
) engine = MergeTree order by stage
