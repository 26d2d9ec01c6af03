-- One row per bill that was created or paid in full: from its creation to its full settlement.
insert into {drafts:Identifier} (
    stage, scope_id, started_at, ended_at, measured, open_until, excluded, dims, visit_id, patient_id
)
with
    settled as (
        select
            *,
            arrayFirstIndex(payment -> ifNull(tupleElement(payment, 6), false), payments) as which,
            arrayFirstIndex(payment -> tupleElement(payment, 6) is null, payments) as unsaid,
            if(which > 0, payments[which].1, null) as settled_at,
            created_at is not null and amount != '' and toDecimal128OrZero(amount, 4) = 0 as is_zero,
            multiIf(
                created_at is null, 'missing_start',
                is_zero, 'zero',
                settled_at is null and unsaid > 0, 'missing_full_settlement',
                settled_at is null, '',
                toDate(created_at, {zone:String}) != toDate(settled_at, {zone:String}), 'later_day',
                ''
            ) as reason
        from {bills:Identifier}
        where created_at is not null or which > 0
    )
select
    'bill_to_pay' as stage,
    bill_id as scope_id,
    created_at as started_at,
    multiIf(is_zero, null, reason = 'missing_full_settlement', payments[unsaid].1, settled_at) as ended_at,
    created_at is not null and settled_at is not null and not is_zero as measured,
    if(reason = '' and settled_at is null, toDateTime64(
        hispulse_wall_clock(toDate(assumeNotNull(created_at), {zone:String}), 1440, {zone:String}) + interval 2 hour,
        3, 'UTC'
    ), null) as open_until,
    reason as excluded,
    map(
        'channel', if(which > 0 and payments[which].7 != '', payments[which].7, '?'),
        'dept', dept,
        'item_class', item_class
    ) as dims,
    visit_id,
    patient_id
from settled
