-- One row per suggestion and day on which something of it counts. 每条建议每天一行
select
    facility_id,  -- LowCardinality(String) | 院区 · facility
    day,  -- Date | 业务日 · business day
    scope_id as suggestion_id,  -- String | 建议(假名) · suggestion, a pseudonym
    anyIf(dims['dept'], dims['dept'] != '') as dept,  -- String | 科室 · department
    anyIf(dims['topic'], dims['topic'] != '') as topic,  -- String | 主题 · topic
    anyIf(num, stage = 'suggestion_adopted' and series = '' and excluded = '') as was_adopted,  -- Nullable(Bool) | 已采纳 · was adopted
    anyIf(millis, stage = 'suggestion_rectified' and series = '' and excluded = '') / 60000 as rectified_min,  -- Nullable(Float64) | 整改(分) · minutes until put right
    arraySort(groupUniqArrayIf(concat(stage, ':', excluded), excluded != '')) as left_out  -- Array(String) | 未计入的环节及原因 · stages left out, and why
from stage_rows
where scope = 'suggestion'
group by facility_id, day, suggestion_id
