-- One row per questionnaire or surveyed visit, and day. 每份问卷每天一行
select
    facility_id,  -- LowCardinality(String) | 院区 · facility
    day,  -- Date | 业务日 · business day
    scope_id as survey_id,  -- String | 问卷或就诊(假名) · questionnaire or visit, a pseudonym
    anyIf(dims['survey_type'], dims['survey_type'] != '') as survey_type,  -- String | 问卷类型 · kind of survey
    anyIf(dims['channel'], dims['channel'] != '') as channel,  -- String | 渠道 · channel
    anyIf(dims['dept'], dims['dept'] != '') as dept,  -- String | 科室 · department
    anyIf(num, stage = 'survey_answered' and series = '' and excluded = '') as was_answered,  -- Nullable(Bool) | 已回复 · was answered
    arraySort(groupUniqArrayIf(concat(stage, ':', excluded), excluded != '')) as left_out  -- Array(String) | 未计入的环节及原因 · stages left out, and why
from stage_rows
where stage in ('survey_answered', 'satisfaction', 'satisfaction_alone')
group by facility_id, day, survey_id
