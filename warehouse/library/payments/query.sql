-- One row per bill and part of a payment, on the day paid. 每笔账单支付每天一行
select
    facility_id,  -- LowCardinality(String) | 院区 · facility
    day,  -- Date | 业务日 · business day
    scope_id as bill_id,  -- String | 账单(假名) · bill, a pseudonym
    distinct as payment_id,  -- String | 支付(假名) · payment, a pseudonym
    anyIf(visit_id, visit_id != '') as visit,  -- String | 所属就诊(假名) · its visit, a pseudonym
    anyIf(dims['terminal_type'], dims['terminal_type'] != '') as terminal_type,  -- String | 支付终端 · where
    anyIf(dims['channel'], dims['channel'] != '') as channel,  -- String | 渠道 · channel
    anyIf(dims['dept'], dims['dept'] != '') as dept,  -- String | 科室 · department
    min(at) as paid_at,  -- DateTime64(3, 'UTC') | 支付时间 · paid
    sum(toDecimal64OrZero(amount, 4)) as amount,  -- Decimal(38, 4) | 金额 · amount
    anyIf(num, stage = 'payment' and series = '' and excluded = '') as off_window,  -- Nullable(Bool) | 非窗口 · away from the window
    arraySort(groupUniqArrayIf(concat(stage, ':', excluded), excluded != '')) as left_out  -- Array(String) | 未计入的环节及原因 · stages left out, and why
from stage_rows
where stage = 'payment' and series = ''
group by facility_id, day, bill_id, payment_id
