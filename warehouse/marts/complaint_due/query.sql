-- One row per complaint, at the time by which it was due: was the complainant told of its resolution by then?
insert into {drafts:Identifier} (
    stage, scope_id, at, started_at, ended_at, measured, open_until, excluded, num, dims, visit_id, patient_id
)
with
    judged as (
        select
            *,
            multiIf(
                received_at is null, 'missing_start',
                due_at is null, 'missing_due',
                told_at is null and was_told, 'missing_end',
                told_at is null and perhaps_told_at is not null, 'missing_told',
                ''
            ) as reason,
            toStartOfSecond(due_at) + interval 1 second as too_late_at
        from {complaints:Identifier}
        where received_at is not null or told_at is not null
    )
select
    'complaint_due' as stage,
    complaint_id as scope_id,
    if(reason = '', due_at, null) as at,
    received_at as started_at,
    multiIf(reason = 'missing_told', perhaps_told_at, reason in ('missing_due', 'missing_end'), null, told_at) as ended_at,
    reason = '' and told_at is not null as measured,
    if(reason = '' and told_at is null, too_late_at, null) as open_until,
    reason as excluded,
    if(measured, told_at < too_late_at, null) as num,
    map('dept', dept, 'category', category, 'channel', channel) as dims,
    visit_id,
    patient_id
from judged
