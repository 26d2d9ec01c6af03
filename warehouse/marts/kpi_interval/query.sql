-- One row per stage row of an interval KPI: finished, and how long; else waiting, or excluded, when it was judged.
select
    nth,
    series,
    dims,
    local_hour,
    multiIf(
        why_excluded != '', why_excluded,
        ended_at is null and open_until <= as_of, {unfinished:Map(String, String)}[stage],
        ''
    ) as reason,
    reason = '' and ended_at is not null as counts,
    reason = '' and not counts as waits,
    false as hit,
    if(counts, millis, null) as length_ms,
    intDiv(length_ms, 1000) as whole_s,
    '' as key,
    toDecimal128(0, 4) as money,
    money as money_in_num
from of_kpi
