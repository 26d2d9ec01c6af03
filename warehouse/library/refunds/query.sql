-- One row per refund or bill that may be refunded, and day. 每笔退费(及其账单)每天一行
select
    facility_id,  -- LowCardinality(String) | 院区 · facility
    day,  -- Date | 业务日 · business day
    scope_id as bill_id,  -- String | 账单或挂号(假名) · bill or registration, a pseudonym
    anyIf(visit_id, visit_id != '') as visit,  -- String | 所属就诊(假名) · its visit, a pseudonym
    anyIf(dims['item_class'], dims['item_class'] != '') as item_class,  -- String | 项目类别 · class of item
    anyIf(dims['dept'], dims['dept'] != '') as dept,  -- String | 科室 · department
    anyIf(dims['reason'], dims['reason'] != '') as reason,  -- String | 原因 · reason
    anyIf(num, stage = 'refund' and series = '' and excluded = '') as was_refunded,  -- Nullable(Bool) | 已退费 · bill was refunded
    anyIf(num, stage = 'refund_registration' and series = '' and excluded = '') as registration_refunded,  -- Nullable(Bool) | 已退号 · registration was refunded
    anyIf(millis, stage = 'refund_handling' and excluded = '') / 60000 as handling_min,  -- Nullable(Float64) | 办理(分) · minutes of handling
    arraySort(groupUniqArrayIf(concat(stage, ':', excluded), excluded != '')) as left_out  -- Array(String) | 未计入的环节及原因 · stages left out, and why
from stage_rows
where stage in ('refund', 'refund_registration', 'refund_handling')
group by facility_id, day, bill_id
