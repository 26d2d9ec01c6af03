-- One row per volume KPI, grain (day, hour), series and cut of its dimensions: how many rows.
with
    -- Every row is seen in every cut, once for its day and once for its hour.
    spread as (
        select
            series,
            toString(excluded) as reason,
            arrayJoin([-1, toHour(at, {zone:String})]) as cell_hour,
            arrayJoin({cuts:Array(Array(String))}) as cut,
            mapFilter((name, _) -> has(cut, name), dims) as cell
        from stage_rows_building
        where facility_id = {facility:String} and day = {day:Date} and has({stages:Array(String)}, stage)
            and has({series:Array(String)}, series)
    ),
    summed as (
        select
            cell_hour,
            series,
            cell,
            countIf(reason = '') as n_counted,
            sumMapIf(map(reason, toUInt32(1)), reason != '') as n_excluded
        from spread
        group by cell_hour, series, cell
    )
select
    {facility:String} as facility_id,
    {kpi:String} as kpi,
    {version:UInt16} as version,
    if(cell_hour < 0, 'day', 'hour') as grain,
    {day:Date} as day,
    if(cell_hour < 0, null, toUInt8(cell_hour)) as hour,
    series,
    cell as dims,
    n_counted as n,
    toFloat64(n_counted) as value,
    null as mean,
    null as p50,
    null as p90,
    0 as sum_ms,
    map() as shares,
    null as num,
    null as den,
    null as amount_num,
    null as amount_den,
    n_excluded as excluded,
    0 as waiting,
    null as completeness,
    {computed_at:DateTime64(3, 'UTC')} as computed_at,
    {as_of:DateTime64(3, 'UTC')} as as_of
from summed
