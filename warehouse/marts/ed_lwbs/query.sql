-- One row per arrival at the emergency department: did the patient leave unseen? One more per patient seen who left.
insert into {drafts:Identifier} (
    stage, scope_id, series, day, at, started_at, measured, open_until, excluded, num, dims, visit_id, patient_id
)
with
    arrivals as (
        select
            *,
            arrayJoin(if(was_seen and was_departed, ['', 'after_seen'], [''])) as which,
            was_seen and which = '' as is_seen,
            multiIf(
                is_seen or not was_departed, '',
                told_disposition = '', 'missing_disposition',
                told_disposition = 'died' and which = '', 'died',
                ''
            ) as reason
        from {emergencies:Identifier}
        where arrived_at is not null
    )
select
    'ed_lwbs' as stage,
    visit_id as scope_id,
    which as series,
    day,
    arrived_at as at,
    arrived_at as started_at,
    false as measured,
    if(is_seen or was_departed, null,
        arrived_at + toIntervalSecond({within_s:Map(String, Int64)}['ed_lwbs'] + 1)) as open_until,
    reason as excluded,
    multiIf(
        is_seen, false,
        not was_departed, null,
        which = 'after_seen', told_disposition in ('lwbs', 'ama'),
        told_disposition = 'lwbs'
    ) as num,
    map('acuity', dims['acuity'], 'triage', if(was_triaged, 'after', 'before')) as dims,
    visit_id,
    patient_id
from arrivals
