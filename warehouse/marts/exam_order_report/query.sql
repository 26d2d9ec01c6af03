-- One row per order for large equipment that was placed or reported: from the order to its first final report.
insert into {drafts:Identifier} (
    stage, scope_id, started_at, ended_at, measured, open_until, excluded, dims, visit_id, patient_id
)
with
    large as (
        select
            *,
            multiIf(
                placed_at is null, 'missing_start',
                by_patient_choice, 'patient_choice',
                reported_at is not null, '',
                was_cancelled, 'cancelled',
                ''
            ) as reason
        from {orders:Identifier}
        where any_modality in ('CT', 'MR', 'PET', 'DSA') and (placed_at is not null or reported_at is not null)
    )
select
    'exam_order_report' as stage,
    order_id as scope_id,
    placed_at as started_at,
    reported_at as ended_at,
    placed_at is not null and reported_at is not null as measured,
    if(reason = '' and reported_at is null, placed_at + interval 14 day, null) as open_until,
    reason as excluded,
    map('modality', any_modality, 'patient_class', patient_class) as dims,
    visit_id,
    patient_id
from large
