-- grain: one row per KPI asked for, main series, with the sums that must agree and what days of its kind had
with
    asked as (select arrayJoin({kpis:Array(String)}) as kpi),
    of_day as (
        select
            kpi,
            count() as rows,
            sumIf(v.n, grain = 'day' and empty(dims)) as n,
            anyIf(v.value, grain = 'day' and empty(dims)) as value,
            anyIf(v.completeness, grain = 'day' and empty(dims)) as completeness,
            toInt64(n) - toInt64(sumIf(v.n, grain = 'hour' and empty(dims))) as hours_off,
            if(countIf(grain = 'day' and mapKeys(dims) = ['dept']) = 0, 0,
                toInt64(n) - toInt64(sumIf(v.n, grain = 'day' and mapKeys(dims) = ['dept']))) as departments_off,
            countIf(num > den) as parts_off,
            countIf(p50 > p90) as percentiles_off
        from {kpi_values:Identifier} as v
        where facility_id = {facility:String} and day = {day:Date} and series = ''
        group by kpi
    ),
    before as (
        select
            kpi,
            {usual:Array(Date)} as usual_days,
            arrayReduce('quantileExactInclusive(0.5)',
                arrayResize(groupArrayIf(n, has(usual_days, day)), length(usual_days), 0)) as usual_n,
            quantilesExactInclusiveIf(0.25, 0.5, 0.75)(
                assumeNotNull(value), has(usual_days, day) and value is not null
            ) as quartiles,
            countIf(has(usual_days, day) and value is not null) as n_values,
            sumIf(n, day = {before:Date}) as before_n
        from kpi_values
        where facility_id = {facility:String} and grain = 'day' and empty(dims) and series = ''
            and (has({usual:Array(Date)}, day) or day = {before:Date})
        group by kpi
    )
select
    asked.kpi as kpi,
    of_day.rows as rows,
    of_day.n as n,
    of_day.value as value,
    of_day.completeness as completeness,
    of_day.hours_off as hours_off,
    of_day.departments_off as departments_off,
    of_day.parts_off as parts_off,
    of_day.percentiles_off as percentiles_off,
    toInt64(n > 0 and isNull(value)) as value_absent,
    toInt64(n > 0 and isNull(completeness)) as completeness_absent,
    20 as many,  -- below this many a ratio says nothing
    greatest(ifNotFinite(before.usual_n, 0), toFloat64(before.before_n)) as usually,
    toInt64(usually >= many and n * 10 < usually) as vanished,
    if(before.usual_n >= many, n / before.usual_n, null) as against_usual,
    if(before.before_n >= many, n / before.before_n, null) as against_before,
    if(n >= many and before.n_values >= {least:UInt8} and isNotNull(value),
        abs(value - before.quartiles[2])
            / greatest(before.quartiles[3] - before.quartiles[1], abs(before.quartiles[2]) / 20, 0.001),
        null) as value_off
from asked
left join of_day on of_day.kpi = asked.kpi
left join before on before.kpi = asked.kpi
order by kpi
