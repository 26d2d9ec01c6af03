-- One row per stage row of any interval: had it both ends, as it should; of those that had, which ran backwards.
with ended as (
    select
        *,
        multiIf(
            why_excluded != '', why_excluded,
            ended_at is null and open_until <= as_of, {unfinished:Map(String, String)}[stage],
            ''
        ) as end_missing,
        (end_missing = '' and ended_at is not null) or has({real:Array(String)}, end_missing) as is_real
    from of_kpi
)
select
    nth,
    '' as series,
    mapUpdate(mapFilter((name, _) -> name = 'dept', dims), map('stage', toString(stage))) as dims,
    local_hour,
    '' as reason,
    is_real or ({gauge:String} = 'completeness' and has({incomplete:Array(String)}, end_missing)) as counts,
    false as waits,
    if({gauge:String} = 'negative', end_missing = 'negative', is_real) as hit,
    cast(null, 'Nullable(Int64)') as length_ms,
    length_ms as whole_s,
    '' as key,
    toDecimal128(0, 4) as money,
    money as money_in_num
from ended
