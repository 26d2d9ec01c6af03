-- One row per call for a nurse: from the call to the answer.
insert into {drafts:Identifier} (
    stage, scope_id, started_at, ended_at, measured, open_until, excluded, dims, visit_id, patient_id
)
with
    told as (
        select
            subject,
            max(visit_id) as visit,
            max(patient_id) as patient,
            minOrNullIf(occurred_at, event_type = 'nursecall.raised' and timed) as begun_at,
            minOrNullIf(occurred_at, event_type = 'nursecall.answered' and timed) as done_at,
            countIf(event_type = 'nursecall.answered') > 0 as was_done,
            argMinIf(tuple(said.ward), (occurred_at, event_id), event_type = 'nursecall.raised') as start
        from {facts:Identifier}
        where event_type in ('nursecall.raised', 'nursecall.answered')
        group by subject
    ),
    judged as (
        select *, multiIf(begun_at is null, 'missing_start', done_at is null and was_done, 'missing_end', '') as reason
        from told
        where begun_at is not null or done_at is not null
    )
select
    'nurse_call' as stage,
    subject as scope_id,
    begun_at as started_at,
    done_at as ended_at,
    reason = '' and done_at is not null as measured,
    if(reason = '' and done_at is null, begun_at + interval 12 hour, null) as open_until,
    reason as excluded,
    map('ward', if(start.1 = '', '?', start.1)) as dims,
    visit as visit_id,
    patient as patient_id
from judged
