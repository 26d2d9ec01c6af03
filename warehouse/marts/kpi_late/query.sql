-- One row per KPI, grain and cut: events older than what their source had told before they came, of all that came.
with
    toDateTime64(hispulse_wall_clock({first:Date}, 0, {zone:String}), 3, 'UTC') as from_at,
    toDateTime64(hispulse_wall_clock({last:Date}, 1440, {zone:String}), 3, 'UTC') as until_at,
    -- The latest that a source had told when the five minutes began in which an event came: what came the day before
    -- stands for all that came earlier.
    heard as (
        select
            toString(source_system) as source,
            toString(event_type) as kind,
            ingested_at,
            occurred_at,
            has(quality_flags, 'batch') as is_batch,
            max(if(occurred_at <= ingested_at + interval 10 minute, toUnixTimestamp64Milli(occurred_at), 0)) over (
                partition by source_system order by intDiv(toUnixTimestamp64Milli(ingested_at), 300000)
                range between unbounded preceding and 1 preceding
            ) as latest_before_ms,
            -- What is older than two days is judged by its UTC day.
            intDiv(toUnixTimestamp64Milli(occurred_at), 60000) as minute,
            intDiv(toUnixTimestamp64Milli(ingested_at), 300000) * 5 - 2880 as two_days_ago,
            if(minute < two_days_ago, intDiv(minute, 1440) * 1440, minute) as judged_minute
        from (
            select source_system, event_type, quality_flags, ingested_at, occurred_at
            from events
            where facility_id = {facility:String} and domain != 'control'
                and ingested_at >= from_at - interval 1 day and ingested_at < until_at
            order by ingested_at
            limit 1 by event_id, source_system, revision
        )
    ),
    judged as (
        select
            toHour(ingested_at, {zone:String}) as local_hour,
            map('source_system', source, 'event_type', kind) as dims,
            countIf(not is_batch) as n_judged,
            countIf(
                not is_batch
                and judged_minute < intDiv(latest_before_ms, 60000) - 10
            ) as n_late,
            countIf(is_batch) as n_batch
        from heard
        where ingested_at >= from_at and not has({left_out:Array(Date)}, toDate(ingested_at, {zone:String}))
        group by local_hour, source, kind
    ),
    spread as (
        select
            judged.*,
            arrayJoin(if({by_hour:Bool}, [-1, local_hour], [-1])) as cell_hour,
            arrayJoin({cuts_of:Array(Array(Array(String)))}[1]) as cut,
            mapFilter((name, _) -> has(cut, name), dims) as cell
        from judged
    )
select
    {facility:String} as facility_id,
    {kpis:Array(String)}[1] as kpi,
    {versions:Array(UInt16)}[1] as version,
    if(cell_hour < 0, {grain:String}, 'hour') as grain,
    {first:Date} as day,
    if(cell_hour < 0, null, toUInt8(cell_hour)) as hour,
    '' as series,
    cell as dims,
    sum(n_judged) as n,
    if(n = 0, null, roundBankers(sum(n_late) * 100 / n, 6)) as value,
    cast(null, 'Nullable(Float64)') as mean,
    cast(null, 'Nullable(Float64)') as p50,
    cast(null, 'Nullable(Float64)') as p90,
    0 as sum_ms,
    map() as shares,
    sum(n_late) as num,
    n as den,
    cast(null, 'Nullable(Decimal(38, 4))') as amount_num,
    amount_num as amount_den,
    if(sum(n_batch) > 0, map('batch', toUInt32(sum(n_batch))), map()) as excluded,
    0 as waiting,
    cast(null, 'Nullable(Float64)') as completeness,
    {computed_at:DateTime64(3, 'UTC')} as computed_at,
    {as_of:DateTime64(3, 'UTC')} as as_of
from spread
group by cell_hour, cell
