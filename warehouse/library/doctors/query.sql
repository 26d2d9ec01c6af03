-- One row per doctor, department and day. For authorised roles only. 每位医生每个科室每天一行，仅限授权角色
select
    facility_id,  -- LowCardinality(String) | 院区 · facility
    day,  -- Date | 业务日 · business day
    dims['doctor'] as doctor,  -- String | 医生(假名) · doctor, a pseudonym
    dims['dept'] as dept,  -- String | 科室 · department
    countIf(stage = 'consult_wait' and series = '' and excluded = '' and ended_at is not null) as seen,  -- UInt64 | 首诊接诊 · seen first
    if(countIf(stage = 'consult_wait' and series = '' and excluded = '' and millis is not null) = 0, null, quantileExactInclusiveIf(0.5)(assumeNotNull(millis), stage = 'consult_wait' and series = '' and excluded = '' and millis is not null) / 60000) as wait_p50_min,  -- Nullable(Float64) | 候诊中位数(分) · median wait, minutes
    if(countIf(stage = 'consult_duration' and series = '' and excluded = '' and millis is not null) = 0, null, quantileExactInclusiveIf(0.5)(assumeNotNull(millis), stage = 'consult_duration' and series = '' and excluded = '' and millis is not null) / 60000) as consult_p50_min  -- Nullable(Float64) | 接诊中位数(分) · median consultation, minutes
from stage_rows
where stage in ('consult_wait', 'consult_duration') and dims['doctor'] not in ('', '?')
group by facility_id, day, doctor, dept
