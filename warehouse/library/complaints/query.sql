-- One row per complaint and day on which something of it counts. 每件投诉每天一行
select
    facility_id,  -- LowCardinality(String) | 院区 · facility
    day,  -- Date | 业务日 · business day
    scope_id as complaint_id,  -- String | 投诉(假名) · complaint, a pseudonym
    anyIf(dims['dept'], dims['dept'] != '') as dept,  -- String | 科室 · department
    anyIf(dims['category'], dims['category'] != '') as category,  -- String | 类别 · category
    anyIf(dims['channel'], dims['channel'] != '') as channel,  -- String | 渠道 · channel
    anyIf(millis, stage = 'complaint_response' and series = '' and excluded = '') / 60000 as response_min,  -- Nullable(Float64) | 首次响应(分) · minutes to the first response
    anyIf(millis, stage = 'complaint_resolution' and series = '' and excluded = '') / 60000 as resolution_min,  -- Nullable(Float64) | 办结(分) · minutes to the resolution
    anyIf(num, stage = 'complaint_due' and series = '' and excluded = '') as in_time,  -- Nullable(Bool) | 按期办结 · resolved in time
    anyIf(num, stage = 'complaint_first_contact' and series = '' and excluded = '') as at_first_contact,  -- Nullable(Bool) | 首接解决 · resolved at first contact
    arraySort(groupUniqArrayIf(concat(stage, ':', excluded), excluded != '')) as left_out  -- Array(String) | 未计入的环节及原因 · stages left out, and why
from stage_rows
where scope = 'complaint'
group by facility_id, day, complaint_id
