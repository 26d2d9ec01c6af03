-- One row per order with a booked examination: from the order to the time that was booked.
insert into {drafts:Identifier} (
    stage, scope_id, started_at, ended_at, measured, excluded, dims, visit_id, patient_id
)
select
    'exam_booking' as stage,
    order_id as scope_id,
    placed_at as started_at,
    scheduled_at as ended_at,
    placed_at is not null and scheduled_at is not null as measured,
    multiIf(
        placed_at is null, 'missing_start',
        scheduled_at is null, 'missing_end',
        by_patient_choice, 'patient_choice',
        ''
    ) as excluded,
    map('modality', any_modality, 'patient_class', patient_class, 'dept', dept, 'device', device) as dims,
    visit_id,
    patient_id
from {orders:Identifier}
where is_booked and (placed_at is not null or scheduled_at is not null)
