-- One row per stage row of a rate: counted, or one of those it is measured by (weighted ones as often as they say).
select
    nth,
    series,
    dims,
    local_hour,
    why_excluded as reason,
    reason = '' and has({measures:Array(Array(String))}[nth], stage) as counts,
    false as waits,
    reason = '' and not counts as hit,
    cast(null, 'Nullable(Int64)') as length_ms,
    length_ms as whole_s,
    '' as key,
    toDecimal128(0, 4) as money,
    money as money_in_num
from of_kpi
array join range(if(
    has({measures:Array(Array(String))}[nth], stage) and has({weighted:Array(String)}, stage) and why_excluded = '',
    toUInt32(toDecimal128OrZero(amount, 4)),
    1
)) as time
