-- One row per KPI, grain, series and cut of its dimensions. Which rows count, the query of the KPIs' kind judges.
with
    -- a / b rounded half-even, exact because a and b are whole numbers
    (a, b) -> intDiv(a, b) + (2 * (a % b) > b or (2 * (a % b) = b and intDiv(a, b) % 2 = 1)) as rounded,
    -- KPIs that are worked out in one way are worked out together: `nth` of them.
    of_kpi as (
        select
            nth, stage, series, dims, toHour(at, {zone:String}) as local_hour, ended_at, millis, open_until, as_of,
            toString(excluded) as why_excluded, num, distinct, amount, amount_num
        from {stage_rows:Identifier}
        array join {kpis_of:Map(String, Array(UInt8))}[stage] as nth
        where facility_id = {facility:String} and day >= {first:Date} and day <= {last:Date}
            and not has({left_out:Array(Date)}, day) and has({stages:Array(String)}, stage)
            and (empty({series_of:Array(Array(String))}[nth]) or has({series_of:Array(Array(String))}[nth], series))
    ),
    judged as (
        {judged}
    ),
    -- Every row is seen in every cut that its dimensions allow, once for the whole time and once for its hour.
    spread as (
        select
            judged.*,
            arrayJoin(if({by_hour:Bool}, [-1, local_hour], [-1])) as cell_hour,
            arrayJoin({cuts_of:Array(Array(Array(String)))}[nth]) as cut,
            mapFilter((name, _) -> has(cut, name), dims) as cell
        from judged
    ),
    summed as (
        select
            nth,
            cell_hour,
            series,
            cell,
            -- What a kind of KPI does not need is not worked out: these conditions are known before the query begins.
            if(
                {by_key:Bool}, countIf(counts and key = '') + uniqExactIf(key, counts and key != ''), countIf(counts)
            ) as n_all,
            multiIf(
                not {is_ratio:Bool}, 0,
                {by_key:Bool}, countIf(hit and key = '') + uniqExactIf(key, hit and key != ''),
                countIf(hit)
            ) as n_hit,
            if({has_lengths:Bool}, countIf(length_ms is not null), 0) as n_lengths,
            if({has_lengths:Bool}, coalesce(sum(length_ms), 0), 0) as lengths_ms,
            if(
                {has_lengths:Bool},
                quantilesExactInclusiveIf(0.5, 0.9)(assumeNotNull(whole_s), whole_s is not null),
                [0., 0.]
            ) as percentiles_s,
            if(
                {has_shares:Bool},
                sumForEach(arrayMap(
                    limit_s -> toUInt64(ifNull(whole_s <= limit_s, false)), {shares_of:Array(Array(UInt32))}[nth]
                )),
                []
            ) as within,
            if({by_amount:Bool}, sumIf(money, counts), null) as money_all,
            if({by_amount:Bool}, sumIf(money_in_num, hit), null) as money_hit,
            sumMapIf(map(reason, toUInt32(1)), reason != '') as n_excluded,
            countIf(waits) as n_waiting,
            n_all + countIf(has({real:Array(String)}, reason)) as n_real,
            countIf(has({incomplete:Array(String)}, reason)) as n_incomplete
        from spread
        where {has_all_dims:Bool} or length(cell) = length(cut)
        group by nth, cell_hour, series, cell
    )
select
    {facility:String} as facility_id,
    {kpis:Array(String)}[nth] as kpi,
    {versions:Array(UInt16)}[nth] as version,
    if(cell_hour < 0, {grain:String}, 'hour') as grain,
    {first:Date} as day,
    if(cell_hour < 0, null, toUInt8(cell_hour)) as hour,
    series,
    cell as dims,
    n_all as n,
    multiIf(
        {headlines:Array(String)}[nth] = 'count', toFloat64(n_all),
        {is_ratio:Bool}, if(n_all = 0, null, roundBankers(n_hit * {per:UInt32} / n_all, 6)),
        {headlines:Array(String)}[nth] = 'mean', mean,
        {headlines:Array(String)}[nth] = 'p90', p90,
        p50
    ) as value,
    if(n_lengths = 0, null, toFloat64(rounded(
        toInt256(lengths_ms) * 1000000, toInt256(greatest(n_lengths, 1)) * {units_ms:Array(UInt32)}[nth]
    )) / 1e6) as mean,
    if(n_lengths = 0, null, roundBankers(percentiles_s[1] * 1000 / {units_ms:Array(UInt32)}[nth], 6)) as p50,
    if(n_lengths = 0, null, roundBankers(percentiles_s[2] * 1000 / {units_ms:Array(UInt32)}[nth], 6)) as p90,
    lengths_ms as sum_ms,
    if(
        n_lengths = 0,
        map(),
        mapFromArrays(
            arrayMap(limit_s -> concat('share≤', toString(limit_s)), {shares_of:Array(Array(UInt32))}[nth]),
            arrayMap(hits -> roundBankers(hits * 100 / n_lengths, 6), within)
        )
    ) as shares,
    if({is_ratio:Bool}, n_hit, null) as num,
    if({is_ratio:Bool}, n_all, null) as den,
    money_hit as amount_num,
    money_all as amount_den,
    n_excluded as excluded,
    n_waiting as waiting,
    if(
        not {has_completeness:Bool} or n_real + n_incomplete = 0,
        null,
        roundBankers(n_real * 100 / (n_real + n_incomplete), 6)
    ) as completeness,
    {computed_at:DateTime64(3, 'UTC')} as computed_at,
    {as_of:DateTime64(3, 'UTC')} as as_of
from summed
