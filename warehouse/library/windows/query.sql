-- One row per window and day: how many it served and how long they waited. 每个窗口每天一行
select
    facility_id,  -- LowCardinality(String) | 院区 · facility
    day,  -- Date | 业务日 · business day
    dims['window'] as window,  -- String | 窗口 · window
    dims['service_point_type'] as point,  -- String | 窗口类型 · kind of service point
    countIf(stage = 'window_wait' and series = '' and excluded = '' and ended_at is not null) as served,  -- UInt64 | 办理数 · served
    if(countIf(stage = 'window_wait' and series = '' and excluded = '' and millis is not null) = 0, null, quantileExactInclusiveIf(0.5)(assumeNotNull(millis), stage = 'window_wait' and series = '' and excluded = '' and millis is not null) / 60000) as wait_p50_min,  -- Nullable(Float64) | 等候中位数(分) · median wait, minutes
    if(countIf(stage = 'window_wait' and series = '' and excluded = '' and millis is not null) = 0, null, quantileExactInclusiveIf(0.9)(assumeNotNull(millis), stage = 'window_wait' and series = '' and excluded = '' and millis is not null) / 60000) as wait_p90_min,  -- Nullable(Float64) | 等候九成位(分) · 90th percentile of waits, minutes
    if(countIf(stage = 'window_service' and series = '' and excluded = '' and millis is not null) = 0, null, quantileExactInclusiveIf(0.5)(assumeNotNull(millis), stage = 'window_service' and series = '' and excluded = '' and millis is not null) / 60000) as service_p50_min  -- Nullable(Float64) | 办理中位数(分) · median service, minutes
from stage_rows
where stage in ('window_wait', 'window_service') and dims['window'] not in ('', '?')
group by facility_id, day, window, point
