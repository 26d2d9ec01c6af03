-- One row per examination order that was started or reported: from its start to its first final report.
insert into {drafts:Identifier} (
    stage, scope_id, started_at, ended_at, measured, open_until, excluded, dims, visit_id, patient_id
)
with
    examined as (
        select
            *,
            multiIf(
                exam_at is null, 'missing_start',
                reported_at is null and was_cancelled, 'cancelled',
                ''
            ) as reason
        from {orders:Identifier}
        where exam_at is not null
            or (category in ('imaging', 'ultrasound', 'endoscopy', 'ecg') and reported_at is not null)
    )
select
    'exam_report' as stage,
    order_id as scope_id,
    exam_at as started_at,
    reported_at as ended_at,
    reason = '' and reported_at is not null as measured,
    if(reason = '' and reported_at is null, exam_at + interval 48 hour, null) as open_until,
    reason as excluded,
    map('modality', modality, 'device', device, 'patient_class', patient_class, 'doctor', reporter) as dims,
    visit_id,
    patient_id
from examined
