-- One row per stage row of a due KPI: decided (done in time, too late, or open beyond its time), waiting or excluded.
select
    nth,
    series,
    dims,
    local_hour,
    why_excluded as reason,
    reason = '' and num is null and ifNull(open_until <= as_of, false) as is_overdue,
    reason = '' and (num is not null or is_overdue) as counts,
    reason = '' and not counts as waits,
    counts and if(is_overdue, has({overdue_counts:Array(String)}, toString(stage)), coalesce(num, false)) as hit,
    if(counts, millis, null) as length_ms,
    intDiv(length_ms, 1000) as whole_s,
    '' as key,
    toDecimal128(0, 4) as money,
    money as money_in_num
from of_kpi
