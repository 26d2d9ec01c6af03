-- One row per complaint and per call for a nurse: when it was made, and when it was first answered.
create table {answers:Identifier} engine = MergeTree order by about as
with
    turns as (
        select
            *,
            splitByChar('.', cast(event_type, 'String'))[1] as kind,
            event_type in ('complaint.responded', 'nursecall.answered') as is_answer
        from {facts:Identifier}
        where event_type in ('complaint.received', 'complaint.responded', 'nursecall.raised', 'nursecall.answered')
    ),
    told as (
        select
            kind as about,
            subject,
            max(visit_id) as visit,
            max(patient_id) as patient,
            minOrNullIf(occurred_at, not is_answer and timed) as asked_at,
            minOrNullIf(occurred_at, is_answer and timed) as answered_at,
            countIf(is_answer) > 0 as was_answered,
            argMinIf(
                tuple(said.dept_code, said.channel, said.ward), (occurred_at, event_id), not is_answer
            ) as asked
        from turns
        group by kind, subject
    )
select
    *,
    multiIf(asked_at is null, 'missing_start', answered_at is null and was_answered, 'missing_end', '') as reason,
    reason = '' and answered_at is not null as measured,
    reason = '' and answered_at is null as is_open,
    if(asked.1 = '', '?', asked.1) as dept,
    if(asked.2 = '', '?', asked.2) as channel,
    if(asked.3 = '', '?', asked.3) as ward
from told
where asked_at is not null or answered_at is not null
