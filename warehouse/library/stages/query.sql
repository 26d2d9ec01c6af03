-- One row per stage row: one stage of one ticket, visit, order, bill or prescription. 每条环节记录一行
select
    facility_id,  -- LowCardinality(String) | 院区 · facility
    day,  -- Date | 业务日 · business day
    stage,  -- LowCardinality(String) | 环节 · stage
    series,  -- LowCardinality(String) | 系列 · series
    scope,  -- LowCardinality(String) | 主体类别 · kind of subject
    scope_id,  -- String | 主体(假名) · subject, a pseudonym
    visit_id,  -- String | 就诊(假名) · visit, a pseudonym
    started_at,  -- Nullable(DateTime64(3, 'UTC')) | 开始 · start
    ended_at,  -- Nullable(DateTime64(3, 'UTC')) | 结束 · end
    millis / 60000 as minutes,  -- Nullable(Float64) | 时长(分) · minutes
    excluded,  -- LowCardinality(String) | 未计入原因 · why left out
    num,  -- Nullable(Bool) | 分子 · in the numerator
    amount,  -- String | 金额 · amount
    dims  -- Map(LowCardinality(String), String) | 维度 · dimensions
from stage_rows
