-- One row per quality gauge, grain (day, hour) and cut (all, stage, dept, stage and dept), over all interval stages.
with
    -- Every row of an interval stage had both ends told, lacks one, or does not apply; some ran backwards.
    judged as (
        select
            toHour(at, {zone:String}) as local_hour,
            toString(stage) as stage_code,
            dims['dept'] as dept,
            multiIf(
                excluded != '', toString(excluded),
                ended_at is null and open_until <= {as_of:DateTime64(3, 'UTC')},
                {unfinished:Map(String, String)}[stage],
                ''
            ) as reason,
            (reason = '' and ended_at is not null) or has({real:Array(String)}, reason) as is_real
        from stage_rows_building
        where facility_id = {facility:String} and day = {day:Date} and has({stages:Array(String)}, stage)
    ),
    spread as (
        select
            judged.*,
            arrayJoin([-1, local_hour]) as cell_hour,
            arrayJoin([
                map(), map('stage', stage_code),
                if(dept = '', map('', ''), map('dept', dept)),
                if(dept = '', map('', ''), map('dept', dept, 'stage', stage_code))
            ]) as cell
        from judged
    ),
    summed as (
        select
            cell_hour,
            cell,
            countIf(is_real) as n_real,
            countIf(has({incomplete:Array(String)}, reason)) as n_incomplete,
            countIf(reason = 'negative') as n_negative,
            if({gauge:String} = 'negative', n_negative, n_real) as n_hit,
            if({gauge:String} = 'negative', n_real, n_real + n_incomplete) as n_all
        from spread
        where not mapContains(cell, '')
        group by cell_hour, cell
    )
select
    {facility:String} as facility_id,
    {kpi:String} as kpi,
    {version:UInt16} as version,
    if(cell_hour < 0, 'day', 'hour') as grain,
    {day:Date} as day,
    if(cell_hour < 0, null, toUInt8(cell_hour)) as hour,
    '' as series,
    cell as dims,
    n_all as n,
    if(n_all = 0, null, roundBankers(n_hit * 100 / n_all, 6)) as value,
    null as mean,
    null as p50,
    null as p90,
    0 as sum_ms,
    map() as shares,
    n_hit as num,
    n_all as den,
    null as amount_num,
    null as amount_den,
    map() as excluded,
    0 as waiting,
    null as completeness,
    {computed_at:DateTime64(3, 'UTC')} as computed_at,
    {as_of:DateTime64(3, 'UTC')} as as_of
from summed
