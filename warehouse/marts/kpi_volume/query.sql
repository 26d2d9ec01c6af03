-- One row per stage row of a volume KPI: counted or excluded.
select
    nth,
    series,
    dims,
    local_hour,
    why_excluded as reason,
    reason = '' as counts,
    false as waits,
    false as hit,
    cast(null, 'Nullable(Int64)') as length_ms,
    length_ms as whole_s,
    '' as key,
    toDecimal128(0, 4) as money,
    money as money_in_num
from of_kpi
