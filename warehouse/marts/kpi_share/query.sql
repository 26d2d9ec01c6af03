-- One row per share KPI, grain (day, hour), series and cut of its dimensions: rows in the numerator over all rows.
with
    -- Every row counts, or is excluded for a reason; rows of one `distinct` value count once.
    judged as (
        select
            series,
            dims,
            toHour(at, {zone:String}) as local_hour,
            excluded = '' as counts,
            toString(excluded) as reason,
            coalesce(num, false) as hit,
            distinct as key,
            toDecimal128OrZero(amount, 4) as money,
            if(amount_num != '', toDecimal128OrZero(amount_num, 4), money) as money_in_num
        from stage_rows_building
        where facility_id = {facility:String} and day = {day:Date} and has({stages:Array(String)}, stage)
            and has({series:Array(String)}, series)
    ),
    -- Every row is seen in every cut, once for its day and once for its hour.
    spread as (
        select
            judged.*,
            arrayJoin([-1, local_hour]) as cell_hour,
            arrayJoin({cuts:Array(Array(String))}) as cut,
            mapFilter((name, _) -> has(cut, name), dims) as cell
        from judged
    ),
    summed as (
        select
            cell_hour,
            series,
            cell,
            countIf(counts and key = '' and hit) + uniqExactIf(key, counts and key != '' and hit) as n_hit,
            countIf(counts and key = '') + uniqExactIf(key, counts and key != '') as n_all,
            sumIf(money_in_num, counts and hit) as money_hit,
            sumIf(money, counts) as money_all,
            sumMapIf(map(reason, toUInt32(1)), not counts) as n_excluded,
            n_all + countIf(has({real:Array(String)}, reason)) as n_real,
            countIf(has({incomplete:Array(String)}, reason)) as n_incomplete
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
    n_all as n,
    if(n_all = 0, null, roundBankers(n_hit * 100 / n_all, 6)) as value,
    null as mean,
    null as p50,
    null as p90,
    0 as sum_ms,
    map() as shares,
    n_hit as num,
    n_all as den,
    if({by_amount:Bool}, money_hit, null) as amount_num,
    if({by_amount:Bool}, money_all, null) as amount_den,
    n_excluded as excluded,
    0 as waiting,
    if(n_real + n_incomplete = 0, null, roundBankers(n_real * 100 / (n_real + n_incomplete), 6)) as completeness,
    {computed_at:DateTime64(3, 'UTC')} as computed_at,
    {as_of:DateTime64(3, 'UTC')} as as_of
from summed
