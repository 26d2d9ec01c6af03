-- One row per prescription or visit to the pharmacy, and day. 每张处方或每次取药每天一行
select
    facility_id,  -- LowCardinality(String) | 院区 · facility
    day,  -- Date | 业务日 · business day
    scope_id as prescription_id,  -- String | 处方或就诊(假名) · prescription or visit, a pseudonym
    anyIf(visit_id, visit_id != '') as visit,  -- String | 所属就诊(假名) · its visit, a pseudonym
    anyIf(dims['dept'], dims['dept'] != '') as dept,  -- String | 科室 · department
    anyIf(dims['pharmacy'], dims['pharmacy'] != '') as pharmacy,  -- String | 药房 · pharmacy
    anyIf(dims['window'], dims['window'] != '') as window,  -- String | 窗口 · window
    anyIf(dims['mode'], dims['mode'] != '') as review_mode,  -- String | 审方方式 · how it was reviewed
    anyIf(millis, stage = 'rx_review' and excluded = '') / 60000 as review_min,  -- Nullable(Float64) | 审核(分) · minutes of review
    anyIf(millis, stage = 'pharm_prep' and series = '' and excluded = '') / 60000 as prepare_min,  -- Nullable(Float64) | 调配(分) · minutes of preparation
    anyIf(millis, stage = 'pharm_pickup' and excluded = '') / 60000 as pickup_min,  -- Nullable(Float64) | 取药等候(分) · minutes until handed over
    anyIf(num, stage = 'rx_unclaimed' and series = '' and excluded = '') as was_unclaimed,  -- Nullable(Bool) | 已缴费未取 · paid and not collected
    arraySort(groupUniqArrayIf(concat(stage, ':', excluded), excluded != '')) as left_out  -- Array(String) | 未计入的环节及原因 · stages left out, and why
from stage_rows
where stage in ('rx_review', 'pharm_prep', 'pharm_pickup', 'rx_unclaimed')
group by facility_id, day, prescription_id
