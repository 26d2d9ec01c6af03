-- One row per payment of a bill: was it made away from a window?
insert into {drafts:Identifier} (
    stage, scope_id, part, at, measured, excluded, num, distinct, amount, dims, visit_id, patient_id
)
select
    'payment' as stage,
    bill_id as scope_id,
    payment.3 as part,
    payment.1 as at,
    false as measured,
    if(payment.5 = '', 'missing_terminal', '') as excluded,
    payment.5 in ('mobile', 'kiosk', 'clinic_room', 'bedside') as num,
    payment.3 as distinct,
    if(payment.4 = '', '', toString(toDecimal128(payment.4, 4))) as amount,
    map(
        'terminal_type', if(payment.5 = '', '?', payment.5),
        'channel', if(payment.7 = '', '?', payment.7),
        'dept', dept,
        'age_band', age_band
    ) as dims,
    visit_id,
    patient_id
from {bills:Identifier}
array join payments as payment
