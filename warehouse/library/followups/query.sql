-- One row per follow-up or discharge to be followed up, and day. 每项随访每天一行
select
    facility_id,  -- LowCardinality(String) | 院区 · facility
    day,  -- Date | 业务日 · business day
    scope_id as followup_id,  -- String | 随访或就诊(假名) · follow-up or visit, a pseudonym
    anyIf(dims['programme'], dims['programme'] != '') as programme,  -- String | 病种 · programme
    anyIf(dims['dept'], dims['dept'] != '') as dept,  -- String | 科室 · department
    anyIf(dims['channel'], dims['channel'] != '') as channel,  -- String | 渠道 · channel
    anyIf(num, stage = 'followup_due' and series = '' and excluded = '') as on_time,  -- Nullable(Bool) | 按时完成 · done on time
    anyIf(num, stage = 'discharge_followup' and series = '' and excluded = '') as discharge_followed_up,  -- Nullable(Bool) | 出院随访 · followed up after discharge
    arraySort(groupUniqArrayIf(concat(stage, ':', excluded), excluded != '')) as left_out  -- Array(String) | 未计入的环节及原因 · stages left out, and why
from stage_rows
where stage in ('followup_due', 'discharge_followup', 'three_visits')
group by facility_id, day, followup_id
