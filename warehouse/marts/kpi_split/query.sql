-- One row per KPI, grain, series and cut: a value of the split dimension's part of all rows of the same rest.
select
    * except (of_whole)
    replace (
        of_whole as n,
        of_whole as den,
        if(of_whole = 0, null, roundBankers(assumeNotNull(num) * 100 / of_whole, 6)) as value
    )
from (
    select
        *,
        sum(assumeNotNull(num)) over (
            partition by kpi, grain, hour, series, arraySort(mapKeys(dims)),
                mapSort(mapFilter((name, _) -> name != {split:String}, dims))
        ) as of_whole
    from (
        {values}
    )
)
