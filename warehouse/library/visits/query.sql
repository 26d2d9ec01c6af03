-- One row per visit and business day: every stage that it went through. 每次就诊每个业务日一行：经过的每个环节
select
    facility_id,  -- LowCardinality(String) | 院区 · facility
    day,  -- Date | 业务日 · business day
    visit_id,  -- String | 就诊(假名) · visit, a pseudonym
    anyIf(dims['class'], stage = 'visit_counted') as class,  -- String | 就诊类别 · class of visit
    anyIf(dims['dept'], dims['dept'] != '') as dept,  -- String | 科室 · department
    toBool(countIf(stage = 'visit_counted' and excluded = '') > 0) as was_counted,  -- Bool | 计入服务量 · counted as service
    min(started_at) as first_at,  -- Nullable(DateTime64(3, 'UTC')) | 最早环节开始 · when its first stage began
    max(ended_at) as last_at,  -- Nullable(DateTime64(3, 'UTC')) | 最晚环节结束 · when its last stage ended
    anyIf(millis, stage = 'consult_wait' and series = '' and excluded = '') / 60000 as consult_wait_min,  -- Nullable(Float64) | 候诊(分) · minutes until the first consultation
    anyIf(millis, stage = 'consult_duration' and excluded = '') / 60000 as consult_min,  -- Nullable(Float64) | 接诊(分) · minutes of the consultation
    anyIf(millis, stage = 'visit_los' and series = '' and excluded = '') / 60000 as whole_visit_min,  -- Nullable(Float64) | 全程(分) · minutes of the whole visit
    anyIf(millis, stage = 'pharm_pickup' and excluded = '') / 60000 as pickup_wait_min,  -- Nullable(Float64) | 取药等候(分) · minutes until drugs were handed over
    maxMap(map(toString(stage), ifNull(millis, 0) / 60000)) as minutes_of,  -- Map(String, Float64) | 各环节分钟数(取最长) · minutes of each stage, the longest of several
    arraySort(groupUniqArrayIf(concat(stage, ':', excluded), excluded != '')) as left_out  -- Array(String) | 未计入的环节及原因 · stages left out, and why
from stage_rows
where visit_id != ''
group by facility_id, day, visit_id
