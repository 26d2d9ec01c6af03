-- One row per suggestion: from its receipt to its being carried out, counted when it was adopted.
insert into {drafts:Identifier} (
    stage, scope_id, started_at, ended_at, measured, open_until, excluded, dims, visit_id, patient_id
)
with
    told as (
        select
            subject,
            max(visit_id) as visit,
            max(patient_id) as patient,
            minOrNullIf(occurred_at, event_type = 'suggestion.received' and timed) as received_at,
            argMinIf(
                tuple(said.dept_code, told.topic), (occurred_at, event_id), event_type = 'suggestion.received'
            ) as about,
            countIf(event_type = 'suggestion.resolved') > 0 as is_resolved,
            argMinIf(
                tuple(said.outcome, told.rectified_at), (occurred_at, event_id), event_type = 'suggestion.resolved'
            ) as resolution,
            if(
                resolution.1 = 'adopted', fromUnixTimestamp64Milli(resolution.2, 'UTC'), null
            ) as rectified_at
        from {rarer_facts:Identifier}
        where startsWith(event_type, 'suggestion.')
        group by subject
    ),
    judged as (
        select
            *,
            multiIf(
                received_at is null, 'missing_start',
                rectified_at is not null or not is_resolved or resolution.1 = 'adopted', '',
                resolution.1 = '', 'missing_outcome',
                'not_adopted'
            ) as reason
        from told
        where received_at is not null or rectified_at is not null
    )
select
    'suggestion_rectified' as stage,
    subject as scope_id,
    received_at as started_at,
    rectified_at as ended_at,
    reason = '' and rectified_at is not null as measured,
    if(reason = '' and rectified_at is null, received_at + interval 180 day, null) as open_until,
    reason as excluded,
    map('dept', if(about.1 = '', '?', about.1), 'topic', if(about.2 = '', '?', about.2)) as dims,
    visit as visit_id,
    patient as patient_id
from judged
