-- One row per KPI, grain, series and cut: the busiest hour's rows over those of a usual open hour.
with
    rows_of_kpi as (
        select series, dims, day as row_day, dims['hour'] as row_hour, toString(excluded) as reason,
            toInt64OrZero(amount) as open_minutes
        from {stage_rows:Identifier}
        where facility_id = {facility:String} and day >= {first:Date} and day <= {last:Date}
            and not has({left_out:Array(Date)}, day) and has({stages:Array(String)}, stage)
            and has({series_of:Array(Array(String))}[1], series)
    ),
    spread as (
        select
            rows_of_kpi.*,
            arrayJoin({cuts_of:Array(Array(Array(String)))}[1]) as cut,
            mapFilter((name, _) -> has(cut, name), dims) as cell
        from rows_of_kpi
    ),
    hours as (
        select series, cut, cell, row_day, row_hour, countIf(reason = '') as n_hour,
            sumIf(60 / open_minutes, reason = '' and open_minutes > 0) as usual_of_hour,
            sumMapIf(map(reason, toUInt32(1)), reason != '') as excluded_of_hour
        from spread
        where length(cell) = length(cut)
        group by series, cut, cell, row_day, row_hour
    ),
    days as (
        select series, cell, row_day, max(n_hour) as busiest, sum(n_hour) as n_day, sum(usual_of_hour) as usual,
            sumMap(excluded_of_hour) as excluded_of_day
        from hours
        group by series, cell, row_day
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
    sum(n_day) as n,
    if(n = 0, null, roundBankers(sum(busiest) / sum(usual), 6)) as value,
    cast(null, 'Nullable(Float64)') as mean,
    cast(null, 'Nullable(Float64)') as p50,
    cast(null, 'Nullable(Float64)') as p90,
    0 as sum_ms,
    map() as shares,
    if(n = 0, null, sum(busiest)) as num,
    cast(null, 'Nullable(UInt64)') as den,
    cast(null, 'Nullable(Decimal(38, 4))') as amount_num,
    amount_num as amount_den,
    sumMap(excluded_of_day) as excluded,
    0 as waiting,
    cast(null, 'Nullable(Float64)') as completeness,
    {computed_at:DateTime64(3, 'UTC')} as computed_at,
    {as_of:DateTime64(3, 'UTC')} as as_of
from days
group by series, cell
