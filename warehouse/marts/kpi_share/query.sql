-- One row per stage row of a share KPI: in the numerator, in the denominator only, or excluded.
select
    nth,
    series,
    dims,
    local_hour,
    why_excluded as reason,
    reason = '' as counts,
    false as waits,
    counts and coalesce(num, false) as hit,
    cast(null, 'Nullable(Int64)') as length_ms,
    length_ms as whole_s,
    distinct as key,  -- rows of one `distinct` value count once
    toDecimal128OrZero(amount, 4) as money,
    if(amount_num != '', toDecimal128OrZero(amount_num, 4), money) as money_in_num
from of_kpi
