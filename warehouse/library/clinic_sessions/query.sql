-- One row per clinic session that was published. 每个出诊单元一行
select
    facility_id,  -- LowCardinality(String) | 院区 · facility
    day,  -- Date | 业务日 · business day
    scope_id as session_id,  -- String | 出诊单元(假名) · session, a pseudonym
    anyIf(dims['dept'], dims['dept'] != '') as dept,  -- String | 科室 · department
    anyIf(num, stage = 'session_suspended' and series = '' and excluded = '') as was_suspended,  -- Nullable(Bool) | 停诊 · was suspended
    arraySort(groupUniqArrayIf(concat(stage, ':', excluded), excluded != '')) as left_out  -- Array(String) | 未计入的环节及原因 · stages left out, and why
from stage_rows
where scope = 'session'
group by facility_id, day, session_id
