-- One row per interval KPI, grain (day, hour), series and cut of its dimensions: the lengths of one stage's rows.
with
    -- a / b rounded half-even, exact because a and b are whole numbers
    (a, b) -> intDiv(a, b) + (2 * (a % b) > b or (2 * (a % b) = b and intDiv(a, b) % 2 = 1)) as rounded,
    -- Every row counts as finished, waiting or excluded at the instant asked.
    judged as (
        select
            series,
            dims,
            toHour(at, {zone:String}) as local_hour,
            millis,
            intDiv(millis, 1000) as whole_s,
            multiIf(
                excluded != '', toString(excluded),
                ended_at is null and open_until <= {as_of:DateTime64(3, 'UTC')},
                {unfinished:Map(String, String)}[stage],
                ''
            ) as reason,
            reason = '' and ended_at is not null as finished
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
            countIf(finished) as n_finished,
            sumIf(millis, finished) as finished_ms,
            quantilesExactInclusiveIf(0.5, 0.9)(assumeNotNull(whole_s), finished) as percentiles_s,
            sumForEach(arrayMap(
                limit_s -> toUInt64(finished and assumeNotNull(whole_s) <= limit_s), {shares_s:Array(UInt32)}
            )) as within,
            sumMapIf(map(reason, toUInt32(1)), reason != '') as n_excluded,
            countIf(reason = '' and not finished) as n_waiting,
            countIf(finished or has({real:Array(String)}, reason)) as n_real,
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
    n_finished as n,
    multiIf({headline:String} = 'mean', mean, {headline:String} = 'p90', p90, p50) as value,
    if(n = 0, null, toFloat64(rounded(
        toInt256(assumeNotNull(finished_ms)) * 1000000, toInt256(n) * {unit_ms:UInt32}
    )) / 1e6) as mean,
    if(n = 0, null, roundBankers(percentiles_s[1] * 1000 / {unit_ms:UInt32}, 6)) as p50,
    if(n = 0, null, roundBankers(percentiles_s[2] * 1000 / {unit_ms:UInt32}, 6)) as p90,
    coalesce(finished_ms, 0) as sum_ms,
    if(
        n = 0,
        map(),
        mapFromArrays(
            arrayMap(limit_s -> concat('share≤', toString(limit_s)), {shares_s:Array(UInt32)}),
            arrayMap(hits -> roundBankers(hits * 100 / n, 6), within)
        )
    ) as shares,
    null as num,
    null as den,
    null as amount_num,
    null as amount_den,
    n_excluded as excluded,
    n_waiting as waiting,
    if(n_real + n_incomplete = 0, null, roundBankers(n_real * 100 / (n_real + n_incomplete), 6)) as completeness,
    {computed_at:DateTime64(3, 'UTC')} as computed_at,
    {as_of:DateTime64(3, 'UTC')} as as_of
from summed
