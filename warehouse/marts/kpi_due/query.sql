-- One row per due KPI, grain (day, hour), series and cut of its dimensions: rows done by their deadline over all decided.
with
    -- a / b rounded half-even, exact because a and b are whole numbers
    (a, b) -> intDiv(a, b) + (2 * (a % b) > b or (2 * (a % b) = b and intDiv(a, b) % 2 = 1)) as rounded,
    -- Every row is decided, waiting while it is still in time, or excluded. Open beyond its time it is decided too.
    judged as (
        select
            series,
            dims,
            toHour(at, {zone:String}) as local_hour,
            millis,
            intDiv(millis, 1000) as whole_s,
            toString(excluded) as reason,
            reason = '' and num is null and open_until <= {as_of:DateTime64(3, 'UTC')} as is_overdue,
            reason = '' and (num is not null or is_overdue) as counts,
            counts and if(is_overdue, has({overdue_counts:Array(String)}, toString(stage)), coalesce(num, false)) as hit,
            counts and millis is not null as has_length
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
            countIf(hit) as n_hit,
            countIf(counts) as n_all,
            countIf(has_length) as n_lengths,
            sumIf(millis, has_length) as lengths_ms,
            quantilesExactInclusiveIf(0.5, 0.9)(assumeNotNull(whole_s), has_length) as percentiles_s,
            sumMapIf(map(reason, toUInt32(1)), reason != '') as n_excluded,
            countIf(reason = '' and not counts) as n_waiting,
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
    if(n_lengths = 0, null, toFloat64(rounded(
        toInt256(assumeNotNull(lengths_ms)) * 1000000, toInt256(n_lengths) * {unit_ms:UInt32}
    )) / 1e6) as mean,
    if(n_lengths = 0, null, roundBankers(percentiles_s[1] * 1000 / {unit_ms:UInt32}, 6)) as p50,
    if(n_lengths = 0, null, roundBankers(percentiles_s[2] * 1000 / {unit_ms:UInt32}, 6)) as p90,
    coalesce(lengths_ms, 0) as sum_ms,
    map() as shares,
    n_hit as num,
    n_all as den,
    null as amount_num,
    null as amount_den,
    n_excluded as excluded,
    n_waiting as waiting,
    if(n_real + n_incomplete = 0, null, roundBankers(n_real * 100 / (n_real + n_incomplete), 6)) as completeness,
    {computed_at:DateTime64(3, 'UTC')} as computed_at,
    {as_of:DateTime64(3, 'UTC')} as as_of
from summed
