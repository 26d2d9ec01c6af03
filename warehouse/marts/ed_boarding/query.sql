-- One row per visit to the emergency department that was to be admitted, or was: from the decision to the departure.
insert into {drafts:Identifier} (
    stage, scope_id, day, started_at, ended_at, measured, open_until, excluded, dims, visit_id, patient_id
)
with
    stays as (
        select
            *,
            multiIf(
                decided_at is null, 'missing_start',
                departed_at is null and was_departed, 'missing_end',
                departed_at is null or disposition = 'admitted', '',
                disposition = '', 'missing_disposition',
                'not_admitted'
            ) as reason
        from {emergencies:Identifier}
        where decided_at is not null or (departed_at is not null and disposition = 'admitted')
    )
select
    'ed_boarding' as stage,
    visit_id as scope_id,
    day,
    decided_at as started_at,
    departed_at as ended_at,
    reason = '' and departed_at is not null as measured,
    if(reason = '' and departed_at is null, decided_at + interval 72 hour, null) as open_until,
    reason as excluded,
    map('target_ward', target_ward) as dims,
    visit_id,
    patient_id
from stays
