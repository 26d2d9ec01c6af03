-- One row per queue ticket and day. 每张排队票每天一行
select
    facility_id,  -- LowCardinality(String) | 院区 · facility
    day,  -- Date | 业务日 · business day
    scope_id as ticket_id,  -- String | 排队票(假名) · ticket, a pseudonym
    anyIf(visit_id, visit_id != '') as visit,  -- String | 所属就诊(假名) · its visit, a pseudonym
    anyIf(dims['service_point_type'], dims['service_point_type'] != '') as point,  -- String | 窗口类型 · kind of service point
    anyIf(dims['queue'], dims['queue'] != '') as queue,  -- String | 队列 · queue
    anyIf(dims['window'], dims['window'] != '') as window,  -- String | 窗口 · window
    anyIf(dims['dept'], dims['dept'] != '') as dept,  -- String | 科室 · department
    minIf(started_at, stage = 'window_wait') as joined_at,  -- Nullable(DateTime64(3, 'UTC')) | 取号 · joined
    minIf(ended_at, stage = 'window_wait') as served_at,  -- Nullable(DateTime64(3, 'UTC')) | 开始办理 · served
    anyIf(millis, stage = 'window_wait' and series = '' and excluded = '') / 60000 as wait_min,  -- Nullable(Float64) | 等候(分) · minutes waited
    anyIf(millis, stage = 'window_service' and series = '' and excluded = '') / 60000 as service_min,  -- Nullable(Float64) | 办理(分) · minutes of service
    anyIf(num, stage = 'ticket_called' and series = '' and excluded = '') as was_missed,  -- Nullable(Bool) | 曾过号 · missed a call
    toBool(countIf(stage = 'ticket_open' and excluded = '' and ended_at is null) > 0) as is_open,  -- Bool | 未办结 · never closed
    arraySort(groupUniqArrayIf(concat(stage, ':', excluded), excluded != '')) as left_out  -- Array(String) | 未计入的环节及原因 · stages left out, and why
from stage_rows
where stage in ('window_wait', 'window_service', 'ticket_open', 'ticket_called')
group by facility_id, day, ticket_id
