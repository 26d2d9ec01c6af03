-- One row per department and day. 每个科室每天一行
select
    facility_id,  -- LowCardinality(String) | 院区 · facility
    day,  -- Date | 业务日 · business day
    dims['dept'] as dept,  -- String | 科室 · department
    countIf(stage = 'visit_counted' and excluded = '') as visits,  -- UInt64 | 服务人次 · visits
    countIf(stage = 'consult_wait' and series = '' and excluded = '' and ended_at is not null) as seen,  -- UInt64 | 已接诊 · seen
    if(countIf(stage = 'consult_wait' and series = '' and excluded = '' and millis is not null) = 0, null, quantileExactInclusiveIf(0.5)(assumeNotNull(millis), stage = 'consult_wait' and series = '' and excluded = '' and millis is not null) / 60000) as wait_p50_min,  -- Nullable(Float64) | 候诊中位数(分) · median wait, minutes
    if(countIf(stage = 'consult_wait' and series = '' and excluded = '' and millis is not null) = 0, null, quantileExactInclusiveIf(0.9)(assumeNotNull(millis), stage = 'consult_wait' and series = '' and excluded = '' and millis is not null) / 60000) as wait_p90_min,  -- Nullable(Float64) | 候诊九成位(分) · 90th percentile of waits, minutes
    if(countIf(stage = 'visit_los' and series = '' and excluded = '' and millis is not null) = 0, null, quantileExactInclusiveIf(0.5)(assumeNotNull(millis), stage = 'visit_los' and series = '' and excluded = '' and millis is not null) / 60000) as whole_visit_p50_min,  -- Nullable(Float64) | 全程中位数(分) · median whole visit, minutes
    countIf(stage = 'complaint_counted' and excluded = '') as complaints  -- UInt64 | 投诉 · complaints
from stage_rows
where dims['dept'] not in ('', '?')
group by facility_id, day, dept
