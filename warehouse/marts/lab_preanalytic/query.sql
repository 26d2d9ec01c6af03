-- One row per specimen of a laboratory order: from its collection to its receipt in the laboratory.
insert into {drafts:Identifier} (
    stage, scope_id, part, started_at, ended_at, measured, open_until, excluded, dims, visit_id, patient_id
)
with
    specimens as (
        select
            *,
            specimen,
            arrayLastIndex(taken -> tupleElement(taken, 3) = specimen, collected) as taken_at_place,
            arrayLastIndex(arrived -> tupleElement(arrived, 3) = specimen, received) as arrived_at_place,
            if(taken_at_place > 0, collected[taken_at_place].1, null) as collected_at,
            if(arrived_at_place > 0, received[arrived_at_place].1, null) as received_at,
            multiIf(
                arrived_at_place > 0 and received[arrived_at_place].4, 'rejected',
                collected_at is null, 'missing_start',
                received_at is not null, '',
                was_cancelled, 'cancelled',
                reported_at is not null, 'missing_end',
                ''
            ) as reason
        from {orders:Identifier}
        array join arrayDistinct(arrayConcat(
            arrayMap(taken -> tupleElement(taken, 3), collected),
            arrayMap(arrived -> tupleElement(arrived, 3), received)
        )) as specimen
        where is_lab
    )
select
    'lab_preanalytic' as stage,
    order_id as scope_id,
    specimen as part,
    collected_at as started_at,
    received_at as ended_at,
    reason = '' and received_at is not null as measured,
    if(reason = '' and received_at is null, collected_at + interval 48 hour, null) as open_until,
    reason as excluded,
    map(
        'item_code', item_code,
        'priority', priority,
        'patient_class', patient_class,
        'point', if(taken_at_place > 0 and collected[taken_at_place].4 != '', collected[taken_at_place].4, '?')
    ) as dims,
    visit_id,
    patient_id
from specimens
