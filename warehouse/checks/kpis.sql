-- grain: one row per KPI of the day's build, main series, with the sums that must agree
with
    values_of_day as (
        select * from {kpi_values:Identifier}
        where facility_id = {facility:String} and day = {day:Date} and series = ''
    ),
    before as (
        select kpi, quantileExactInclusive(0.5)(n) as usual_n
        from kpi_values
        where facility_id = {facility:String}
            and grain = 'day' and empty(dims) and series = ''
            and day in ({day:Date} - 7, {day:Date} - 14, {day:Date} - 21, {day:Date} - 28)
        group by kpi
    )
select
    kpi,
    sumIf(n, grain = 'day' and empty(dims)) as n,
    anyIf(value, grain = 'day' and empty(dims)) as value,
    anyIf(p50, grain = 'day' and empty(dims)) as p50,
    anyIf(p90, grain = 'day' and empty(dims)) as p90,
    anyIf(completeness, grain = 'day' and empty(dims)) as completeness,
    toInt64(n) - toInt64(sumIf(n, grain = 'hour' and empty(dims))) as hours_off,
    if(countIf(grain = 'day' and mapKeys(dims) = ['dept']) = 0, 0,
        toInt64(n) - toInt64(sumIf(n, grain = 'day' and mapKeys(dims) = ['dept']))) as departments_off,
    toInt64(n > 0 and isNull(value)) as value_absent,
    if(any(usual_n) > 0, n / any(usual_n), null) as against_usual
from values_of_day
left join before using (kpi)
group by kpi
order by kpi
