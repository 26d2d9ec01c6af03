-- One row per laboratory order: from its first specimen received, and not rejected, to its first final report.
insert into {drafts:Identifier} (
    stage, scope_id, started_at, ended_at, measured, open_until, excluded, dims, visit_id, patient_id
)
with
    analysed as (
        select
            *,
            arrayFirstIndex(arrived -> not tupleElement(arrived, 4), received) as which,
            if(which > 0, received[which].1, null) as received_at,
            multiIf(
                received_at is null, 'missing_start',
                reported_at is null and was_cancelled, 'cancelled',
                ''
            ) as reason
        from {orders:Identifier}
        where is_lab and (which > 0 or (empty(received) and reported_at is not null))
    )
select
    'lab_intra' as stage,
    order_id as scope_id,
    received_at as started_at,
    reported_at as ended_at,
    reason = '' and reported_at is not null as measured,
    if(reason = '' and reported_at is null, received_at + interval 48 hour, null) as open_until,
    reason as excluded,
    map('item_code', item_code, 'priority', priority, 'patient_class', patient_class) as dims,
    visit_id,
    patient_id
from analysed
