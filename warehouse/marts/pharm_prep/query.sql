-- One row per prescription that was paid or prepared: from its payment to its preparation.
insert into {drafts:Identifier} (
    stage, scope_id, part, series, started_at, ended_at, measured, open_until, excluded, dims, visit_id, patient_id
)
with
    prepared_or_paid as (
        select
            *,
            notEmpty(prepared) as is_prepared,
            if(is_prepared, prepared[1].1, null) as prepared_at,
            if(is_prepared, prepared[1].3, dispensed[1].3) as pharmacy,
            if(is_prepared, prepared[1].4, dispensed[1].4) as window,
            multiIf(
                paid_at is null, 'missing_start',
                is_prepared, '',
                notEmpty(dispensed), 'missing_end',
                was_cancelled, 'cancelled',
                was_refunded, 'refunded',
                ''
            ) as reason
        from {prescriptions:Identifier}
        where is_prepared or paid_at is not null
    )
select
    'pharm_prep' as stage,
    visit_id as scope_id,
    prescription_id as part,
    if(is_decoction, 'decoction', '') as series,
    paid_at as started_at,
    prepared_at as ended_at,
    reason = '' and is_prepared as measured,
    if(
        reason = '' and not is_prepared,
        hispulse_closes_at(
            assumeNotNull(paid_at), closing_dept, {session_ends:Map(String, UInt16)}, {session_end:UInt16}, {zone:String}
        ),
        null
    ) as open_until,
    reason as excluded,
    map(
        'pharmacy', if(pharmacy = '', '?', pharmacy),
        'window', if(window = '', '?', window),
        'rx_type', rx_type
    ) as dims,
    visit_id,
    patient_id
from prepared_or_paid
