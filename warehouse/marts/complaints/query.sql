-- One row per complaint in reach: its receipt, what it is about, its resolutions, and whether it came back.
create table {complaints:Identifier} engine = MergeTree order by complaint_id as
with
    told as (
        select
            subject as complaint_id,
            max(visit_id) as visit_id,
            max(patient_id) as patient_id,
            minOrNullIf(occurred_at, event_type = 'complaint.received' and timed) as received_at,
            argMinIf(
                tuple(said.dept_code, said.category, said.channel, told.severity), (occurred_at, event_id),
                event_type = 'complaint.received'
            ) as about,
            argMinIf(
                tuple(told.due_at), (occurred_at, event_id), event_type = 'complaint.received' and timed
            ).1 as due_ms,
            argMaxIf(
                told.paused_minutes, (occurred_at, event_id),
                event_type = 'complaint.closed' and told.paused_minutes is not null
            ) as paused_minutes,
            minOrNullIf(
                occurred_at, event_type = 'complaint.resolved' and timed and told.told_complainant
            ) as told_at,
            minOrNullIf(
                occurred_at, event_type = 'complaint.resolved' and timed and told.told_complainant is null
            ) as perhaps_told_at,
            countIf(event_type = 'complaint.resolved' and told.told_complainant) > 0 as was_told,
            minOrNullIf(occurred_at, event_type = 'complaint.resolved' and timed) as first_resolved_at,
            maxOrNullIf(occurred_at, event_type = 'complaint.resolved' and timed) as last_resolved_at,
            countIf(event_type = 'complaint.resolved') > 0 as was_resolved,
            countIf(event_type = 'complaint.assigned') > 0 as was_assigned,
            groupArrayIf(occurred_at, event_type = 'complaint.reopened' and timed) as reopened
        from {rarer_facts:Identifier}
        where startsWith(event_type, 'complaint.')
        group by subject
    )
select
    * except (about, due_ms, paused_minutes),
    fromUnixTimestamp64Milli(due_ms + ifNull(paused_minutes, 0) * 60000, 'UTC') as due_at,
    toInt64(ifNull(paused_minutes, 0)) * 60000 as paused_ms,
    if(about.1 = '', '?', about.1) as dept,
    if(about.2 = '', '?', about.2) as category,
    if(about.3 = '', '?', about.3) as channel,
    if(about.4 = '', '?', about.4) as severity
from told
