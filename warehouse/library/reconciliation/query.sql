-- One row per day, feed, view and department: rows that the HIS has, and what of them is held here. 每天、数据源、视图、科室一行:与 HIS 对账
with
    compared as (
        select
            facility_id,
            source_system,
            argMax(body, revision) as told,
            argMax(occurred_at, revision) as compared_at,
            argMax(op, revision) as last_op
        from events
        where event_type = 'feed.batch_closed' and JSONExtractString(body, 'view') != ''
        group by facility_id, source_system, event_id
    ),
    counts as (
        select
            facility_id,
            source_system,
            compared_at,
            toDate(JSONExtractString(told, 'business_date')) as day,
            JSONExtractString(told, 'feed') as feed,
            JSONExtractString(told, 'view') as view,
            JSONExtractString(told, 'told_type') as told_type,
            arrayJoin(JSONExtract(told, 'departments', 'Array(Tuple(dept_code String, declared_count Int64, received_count Int64, why Map(String, Int64)))')) as of_dept
        from compared
        where last_op = 'assert'
    ),
    facts as (
        select
            facility_id,
            source_system,
            event_type,
            argMax(op, revision) as last_op,
            toDate(argMax(occurred_at + interval tz_offset_min minute, revision), 'UTC') as day,
            argMax(if(event_type = 'order.placed', JSONExtractString(body, 'ordering_dept'), JSONExtractString(body, 'dept_code')), revision) as dept
        from events
        where (facility_id, source_system, event_type) in (select facility_id, source_system, told_type from counts)
            and occurred_at >= (select min(day) from counts) - interval 1 day
        group by facility_id, source_system, event_type, event_id
    ),
    held as (
        select facility_id, source_system, event_type, day, dept, count() as facts
        from facts
        where last_op = 'assert'
        group by facility_id, source_system, event_type, day, dept
    )
select
    counts.facility_id as facility_id,  -- LowCardinality(String) | 院区 · facility
    counts.day as day,  -- Date | 日期 · day
    counts.feed as feed,  -- String | 数据源 · feed
    counts.source_system as source_system,  -- LowCardinality(String) | 来源系统 · source system
    counts.view as view,  -- String | 视图 · view of the HIS
    counts.of_dept.dept_code as dept,  -- String | 科室 · department
    counts.of_dept.declared_count as told_by_his,  -- Int64 | HIS 行数 · rows that the HIS has
    counts.of_dept.received_count as taken,  -- Int64 | 已接收行数 · rows of them that the feed took
    if(counts.told_type = '' or dept = '?', null, held.facts) as held_here,  -- Nullable(UInt64) | 本仓库事实数 · facts in this warehouse, where each row tells one
    ifNull(toInt64(held_here), taken) - told_by_his as difference,  -- Int64 | 差额 · difference
    counts.told_type as told_type,  -- String | 事件类型 · event type that each row tells
    counts.of_dept.why as why,  -- Map(String, Int64) | 原因 · reasons: missing, unversioned, refused, gone
    counts.compared_at as compared_at  -- DateTime64(3, 'UTC') | 对账时间 · compared at
from counts
left join held
    on held.facility_id = counts.facility_id
    and held.source_system = counts.source_system
    and held.event_type = counts.told_type
    and held.day = counts.day
    and held.dept = counts.of_dept.dept_code
