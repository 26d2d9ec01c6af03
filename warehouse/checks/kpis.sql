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
    v.kpi as kpi,
    sumIf(v.n, v.grain = 'day' and empty(v.dims)) as n,
    anyIf(v.value, v.grain = 'day' and empty(v.dims)) as value,
    anyIf(v.completeness, v.grain = 'day' and empty(v.dims)) as completeness,
    toInt64(n) - toInt64(sumIf(v.n, v.grain = 'hour' and empty(v.dims))) as hours_off,
    if(countIf(v.grain = 'day' and mapKeys(v.dims) = ['dept']) = 0, 0,
        toInt64(n) - toInt64(sumIf(v.n, v.grain = 'day' and mapKeys(v.dims) = ['dept']))) as departments_off,
    toInt64(n > 0 and isNull(value)) as value_absent,
    if(any(before.usual_n) > 0, n / any(before.usual_n), null) as against_usual
from values_of_day as v
left join before on before.kpi = v.kpi
group by v.kpi
order by kpi
