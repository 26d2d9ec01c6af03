-- One row per day, department (an empty one: the whole hospital) and part of its outpatients' time. 每天每个科室(空=全院)每种时间去向一行
with
    visits as (
        select
            facility_id,
            day,
            arrayJoin(['', dims['dept']]) as dept,
            intDiv(assumeNotNull(millis), 1000) as seconds,
            mapFromArrays(
                arrayMap(each -> splitByChar('=', each)[1], splitByChar(';', dims['parts'])),
                arrayMap(each -> toInt64(splitByChar('=', each)[2]), splitByChar(';', dims['parts']))
            ) as parts
        from stage_rows
        where stage = 'visit_time' and series = '' and excluded = ''
    ),
    whole as (
        select
            facility_id as of_facility, day as of_day, dept as of_dept, count() as n_visits,
            quantileExactInclusive(0.9)(seconds) as limit_s
        from visits
        group by of_facility, of_day, of_dept
    ),
    slow as (
        select *, seconds >= limit_s as is_slow
        from visits
        inner join whole on of_facility = facility_id and of_day = day and of_dept = dept
    )
select
    facility_id,  -- LowCardinality(String) | 院区 · facility
    day,  -- Date | 业务日 · business day
    dept,  -- String | 科室,空为全院 · department, empty: the whole hospital
    arrayJoin(mapKeys(parts)) as part,  -- String | 时间去向 · what the time fell to
    any(n_visits) as visits,  -- UInt64 | 已结束的门诊就诊 · outpatient visits that were over
    toNullable(any(limit_s) / 60) as p90_min,  -- Nullable(Float64) | 全程九成位(分) · 90th percentile of their lengths, minutes
    toNullable(sum(parts[part]) / 60000) as minutes,  -- Nullable(Float64) | 合计(分) · minutes in all
    toNullable(sumIf(parts[part], is_slow) / 60000) as slowest_minutes  -- Nullable(Float64) | 最慢一成合计(分) · minutes in all of the slowest tenth
from slow
group by facility_id, day, dept, part
