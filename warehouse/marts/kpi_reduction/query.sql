-- One row per KPI, grain, series and cut: by how much the median fell since the baseline, with the paths of the baseline.
with
    told as (
        select day >= {first:Date} and day <= {last:Date} and not has({left_out:Array(Date)}, day) as is_now,
            false as is_then, series, dims, intDiv(assumeNotNull(millis), 1000) as whole_s
        from {stage_rows:Identifier}
        where facility_id = {facility:String} and has({stages:Array(String)}, stage) and has({series_of:Array(Array(String))}[1], series)
            and is_now and excluded = '' and ended_at is not null and millis is not null
        union all
        select false as is_now, true as is_then, series, dims, intDiv(assumeNotNull(millis), 1000) as whole_s
        from stage_rows
        where facility_id = {facility:String} and has({stages:Array(String)}, stage) and has({series_of:Array(Array(String))}[1], series)
            and day >= toDateOrZero({baseline_first:String}) and day <= toDateOrZero({baseline_last:String})
            and {baseline_first:String} != ''
            and excluded = '' and ended_at is not null and millis is not null
    ),
    spread as (
        select
            told.*,
            arrayJoin({cuts_of:Array(Array(Array(String)))}[1]) as cut,
            mapFilter((name, _) -> has(cut, name), dims) as cell,
            dims['path'] as path
        from told
    ),
    paths as (
        select
            series, cell, path,
            countIf(is_now) as n_now,
            countIf(is_then) as n_then,
            quantileExactInclusiveIf(0.5)(whole_s, is_now) as now_s,
            quantileExactInclusiveIf(0.5)(whole_s, is_then) as then_s
        from spread
        where length(cell) = length(cut)
        group by series, cell, path
        having n_now > 0 and n_then > 0  -- a path that is absent in either period compares with nothing
    )
select
    {facility:String} as facility_id,
    {kpis:Array(String)}[1] as kpi,
    {versions:Array(UInt16)}[1] as version,
    {grain:String} as grain,
    {first:Date} as day,
    cast(null, 'Nullable(UInt8)') as hour,
    series,
    cell as dims,
    sum(n_now) as n,
    if(sum(n_then * then_s) = 0, null, roundBankers(100 - 100 * sum(n_then * now_s) / sum(n_then * then_s), 6)) as value,
    cast(null, 'Nullable(Float64)') as mean,
    cast(null, 'Nullable(Float64)') as p50,
    cast(null, 'Nullable(Float64)') as p90,
    0 as sum_ms,
    map() as shares,
    cast(null, 'Nullable(UInt64)') as num,
    cast(null, 'Nullable(UInt64)') as den,
    cast(null, 'Nullable(Decimal(38, 4))') as amount_num,
    amount_num as amount_den,
    map() as excluded,
    0 as waiting,
    cast(null, 'Nullable(Float64)') as completeness,
    {computed_at:DateTime64(3, 'UTC')} as computed_at,
    {as_of:DateTime64(3, 'UTC')} as as_of
from paths
group by series, cell
