-- One row per complaint: from its receipt to the first response.
insert into {drafts:Identifier} (
    stage, scope_id, started_at, ended_at, measured, open_until, excluded, dims, visit_id, patient_id
)
with
    told as (
        select
            subject,
            max(visit_id) as visit,
            max(patient_id) as patient,
            minOrNullIf(occurred_at, event_type = 'complaint.received' and timed) as begun_at,
            minOrNullIf(occurred_at, event_type = 'complaint.responded' and timed) as done_at,
            countIf(event_type = 'complaint.responded') > 0 as was_done,
            argMinIf(tuple(said.dept_code, said.channel), (occurred_at, event_id), event_type = 'complaint.received') as start
        from {facts:Identifier}
        where event_type in ('complaint.received', 'complaint.responded')
        group by subject
    ),
    judged as (
        select *, multiIf(begun_at is null, 'missing_start', done_at is null and was_done, 'missing_end', '') as reason
        from told
        where begun_at is not null or done_at is not null
    )
select
    'complaint_response' as stage,
    subject as scope_id,
    begun_at as started_at,
    done_at as ended_at,
    reason = '' and done_at is not null as measured,
    if(reason = '' and done_at is null, begun_at + interval 14 day, null) as open_until,
    reason as excluded,
    map('dept', if(start.1 = '', '?', start.1), 'channel', if(start.2 = '', '?', start.2)) as dims,
    visit as visit_id,
    patient as patient_id
from judged
