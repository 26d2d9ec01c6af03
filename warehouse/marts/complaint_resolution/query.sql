-- One row per complaint: from its receipt to its last resolution, in time of working days and less its pauses.
insert into {drafts:Identifier} (
    stage, scope_id, started_at, ended_at, measured, millis, open_until, excluded, dims, visit_id, patient_id
)
with
    resolved as (
        select
            *,
            last_resolved_at is not null
                and (received_at is null or not arrayExists(at -> at > last_resolved_at, reopened)) as is_resolved,
            multiIf(
                received_at is null, 'missing_start',
                last_resolved_at is null and was_resolved, 'missing_end',
                ''
            ) as reason,
            toDate(received_at, {zone:String}) as first_day,
            -- Of every day that the complaint touched and on which people worked, the part that it took.
            arraySum(
                day -> greatest(0, date_diff(
                    'millisecond',
                    greatest(assumeNotNull(received_at), hispulse_wall_clock(day, 0, {zone:String})),
                    least(assumeNotNull(last_resolved_at), hispulse_wall_clock(day, 1440, {zone:String}))
                )),
                arrayFilter(
                    day -> has({days_on:Array(Date)}, day)
                        or (toDayOfWeek(day) < 6 and not has({days_off:Array(Date)}, day)),
                    arrayMap(
                        n -> addDays(assumeNotNull(first_day), n),
                        range(0, toUInt32(greatest(0, ifNull(
                            date_diff('day', first_day, toDate(last_resolved_at, {zone:String})) + 1, 0
                        ))))
                    )
                )
            ) as worked_ms
        from {complaints:Identifier}
        where received_at is not null or last_resolved_at is not null
    )
select
    'complaint_resolution' as stage,
    complaint_id as scope_id,
    received_at as started_at,
    if(is_resolved, last_resolved_at, null) as ended_at,
    reason = '' and is_resolved as measured,
    if(measured and last_resolved_at >= received_at, greatest(0, worked_ms - paused_ms), null) as millis,
    if(reason = '' and not is_resolved, received_at + interval 60 day, null) as open_until,
    reason as excluded,
    map('dept', dept, 'category', category) as dims,
    visit_id,
    patient_id
from resolved
