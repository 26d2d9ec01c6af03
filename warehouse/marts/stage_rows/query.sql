-- One row per stage row of the day: the drafts of all stages, their lengths guarded, under the day they belong to.
insert into stage_rows_building
with
    -- A draft lies in the bucket of the end that its stage names, or of the end it has, until it ends in its start's.
    placed as (
        select
            * except (at, day),
            assumeNotNull(coalesce(
                at, if(has({start_buckets:Array(String)}, stage), started_at, ended_at), started_at, ended_at
            )) as bucket_at,
            coalesce(day, toDate(bucket_at, {zone:String})) as row_day,
            if(measured, coalesce(
                millis, toUnixTimestamp64Milli(ended_at) - toUnixTimestamp64Milli(started_at)
            ), null) as length_ms
        from {drafts:Identifier}
        where row_day = {day:Date}
    ),
    -- A negative length within the tolerance of clocks is no length; a longer one, or one above the ceiling, no wait.
    guarded as (
        select
            *,
            ifNull(length_ms < 0 and length_ms >= -{skew_ms:Int64}, false) as adjusted,
            multiIf(
                excluded != '', excluded,
                ifNull(length_ms < -{skew_ms:Int64}, false), 'negative',
                mapContains({ceilings_ms:Map(String, Int64)}, stage)
                    and ifNull(length_ms > {ceilings_ms:Map(String, Int64)}[stage], false), 'ceiling',
                ''
            ) as reason
        from placed
    )
select
    {facility:String} as facility_id,
    row_day as day,
    stage,
    series,
    {scopes:Map(String, String)}[stage] as scope,
    scope_id,
    part,
    bucket_at as at,
    started_at,
    ended_at,
    if(adjusted, 0, length_ms) as millis,
    open_until,
    reason as excluded,
    num,
    distinct,
    amount,
    amount_num,
    dims,
    arraySort(if(adjusted, arrayPushBack(flags, 'skew_adjusted'), flags)) as flags,
    visit_id,
    patient_id,
    {computed_at:DateTime64(3, 'UTC')} as computed_at,
    {as_of:DateTime64(3, 'UTC')} as as_of
from guarded
