-- One row per suggestion, at its receipt: was it adopted and carried out?
insert into {drafts:Identifier} (stage, scope_id, at, measured, excluded, num, dims, visit_id, patient_id)
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
            argMinIf(
                tuple(told.source), (occurred_at, event_id), event_type = 'suggestion.received' and timed
            ).1 as source,
            argMinIf(
                tuple(said.outcome, told.rectified_at), (occurred_at, event_id), event_type = 'suggestion.resolved'
            ) as resolution
        from {rarer_facts:Identifier}
        where startsWith(event_type, 'suggestion.')
        group by subject
    )
select
    'suggestion_adopted' as stage,
    subject as scope_id,
    received_at as at,
    false as measured,
    if(resolution.1 = 'duplicate', 'duplicate', '') as excluded,
    resolution.1 = 'adopted' and resolution.2 is not null as num,
    map(
        'dept', if(about.1 = '', '?', about.1),
        'topic', if(about.2 = '', '?', about.2),
        'source', if(source = '', '?', source)
    ) as dims,
    visit as visit_id,
    patient as patient_id
from told
where received_at is not null
