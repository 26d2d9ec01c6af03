-- One row per inpatient stay or request for a bed, and day. 每次住院或床位申请每天一行
select
    facility_id,  -- LowCardinality(String) | 院区 · facility
    day,  -- Date | 业务日 · business day
    scope_id as stay_id,  -- String | 住院或申请(假名) · stay or request, a pseudonym
    anyIf(dims['ward'], dims['ward'] != '') as ward,  -- String | 病区 · ward
    anyIf(dims['dept'], dims['dept'] != '') as dept,  -- String | 科室 · department
    anyIf(dims['settle_place'], dims['settle_place'] != '') as settle_place,  -- String | 结算地点 · where it was settled
    anyIf(millis, stage = 'bed_wait' and series = '' and excluded = '') / 60000 as bed_wait_min,  -- Nullable(Float64) | 等床(分) · minutes until a bed
    anyIf(millis, stage = 'discharge_process' and series = '' and excluded = '') / 60000 as discharge_min,  -- Nullable(Float64) | 出院办理(分) · minutes of the discharge
    anyIf(num, stage = 'discharge_settled' and series = '' and excluded = '') as settled_in_time,  -- Nullable(Bool) | 结算达标 · settled as it should be
    arraySort(groupUniqArrayIf(concat(stage, ':', excluded), excluded != '')) as left_out  -- Array(String) | 未计入的环节及原因 · stages left out, and why
from stage_rows
where stage in ('bed_wait', 'discharge_process', 'discharge_settled')
group by facility_id, day, stay_id
