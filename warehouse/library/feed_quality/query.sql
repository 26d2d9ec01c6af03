-- One row per source system, domain and UTC date: what it told and how well. 每个来源系统、业务域每天一行
select
    facility_id,  -- LowCardinality(String) | 院区 · facility
    toDate(occurred_at) as day,  -- Date | 日期(UTC) · date, UTC
    source_system,  -- LowCardinality(String) | 来源系统 · source system
    domain,  -- LowCardinality(String) | 业务域 · domain
    count() as tellings,  -- UInt64 | 消息数 · tellings
    uniqExact(event_id) as facts,  -- UInt64 | 事实数 · facts
    countIf(op = 'retract') as retracted,  -- UInt64 | 撤回 · retractions
    countIf(notEmpty(quality_flags)) as flagged,  -- UInt64 | 带质量标记 · with a quality flag
    countIf(occurred_precision = 'day') as day_only,  -- UInt64 | 只有日期 · told by the day only
    max(ingested_at) as last_heard_at  -- DateTime64(3, 'UTC') | 最近收到 · last heard
from events
group by facility_id, day, source_system, domain
