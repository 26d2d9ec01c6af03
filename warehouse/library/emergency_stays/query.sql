-- One row per visit to the emergency department and day. 每次急诊每天一行
select
    facility_id,  -- LowCardinality(String) | 院区 · facility
    day,  -- Date | 业务日 · business day
    visit_id,  -- String | 就诊(假名) · visit, a pseudonym
    anyIf(dims['acuity'], dims['acuity'] != '') as acuity,  -- String | 分级 · acuity
    anyIf(dims['arrival_mode'], dims['arrival_mode'] != '') as arrival_mode,  -- String | 来院方式 · how they arrived
    minIf(started_at, stage = 'ed_door_to_triage') as arrived_at,  -- Nullable(DateTime64(3, 'UTC')) | 到达 · arrived
    anyIf(millis, stage = 'ed_door_to_triage' and series = '' and excluded = '') / 60000 as to_triage_min,  -- Nullable(Float64) | 到分诊(分) · minutes to triage
    anyIf(millis, stage = 'ed_door_to_doctor' and series = '' and excluded = '') / 60000 as to_doctor_min,  -- Nullable(Float64) | 到接诊(分) · minutes to the doctor
    anyIf(millis, stage = 'ed_los_discharged' and series = '' and excluded = '') / 60000 as stay_min,  -- Nullable(Float64) | 离院滞留(分) · minutes until discharge
    anyIf(millis, stage = 'ed_boarding' and series = '' and excluded = '') / 60000 as boarding_min,  -- Nullable(Float64) | 待床(分) · minutes of boarding
    anyIf(millis, stage = 'ed_resus_stay' and excluded = '') / 60000 as resus_min,  -- Nullable(Float64) | 抢救室(分) · minutes in resuscitation
    anyIf(millis, stage = 'ed_observation_stay' and excluded = '') / 60000 as observation_min,  -- Nullable(Float64) | 留观(分) · minutes of observation
    anyIf(num, stage = 'ed_4h' and series = '' and excluded = '') as in_4_hours,  -- Nullable(Bool) | 四小时内 · within four hours
    anyIf(num, stage = 'ed_lwbs' and series = '' and excluded = '') as left_unseen,  -- Nullable(Bool) | 未就诊离开 · left unseen
    arraySort(groupUniqArrayIf(concat(stage, ':', excluded), excluded != '')) as left_out  -- Array(String) | 未计入的环节及原因 · stages left out, and why
from stage_rows
where startsWith(stage, 'ed_') and visit_id != ''
group by facility_id, day, visit_id
