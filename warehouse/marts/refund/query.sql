-- One row per payment of a bill, at its payment: was any of it given back?
insert into {drafts:Identifier} (
    stage, scope_id, part, at, measured, num, excluded, distinct, amount, amount_num, dims, visit_id, patient_id
)
with
    -- A refund names its payment, or names none where there is but one.
    given_back as (
        select
            *,
            payment,
            arrayFilter(
                refund -> tupleElement(refund, 3) = payment.3
                    or (length(payments) = 1 and tupleElement(refund, 3) = ''),
                refunds
            ) as own,
            arrayFirst(request -> notEmpty(own) and tupleElement(request, 3) = own[1].5, requests).4 as reason,
            -- A refunded registration is counted there, not here again.
            notEmpty(own) and not (item_class = 'registration' and registration_refunded) as is_counted
        from {bills:Identifier}
        array join payments as payment
    )
select
    'refund' as stage,
    bill_id as scope_id,
    payment.3 as part,
    payment.1 as at,
    false as measured,
    is_counted as num,
    if(notEmpty(own) and date_diff('millisecond', payment.1, own[1].1) <= 300000, 'voided', '') as excluded,
    payment.3 as distinct,
    if(payment.4 = '', '', toString(toDecimal128(payment.4, 4))) as amount,
    if(is_counted, toString(arraySum(refund -> toDecimal128OrZero(tupleElement(refund, 4), 4), own)), '') as amount_num,
    map('item_class', item_class, 'dept', dept, 'reason', if(reason = '', '?', reason)) as dims,
    visit_id,
    patient_id
from given_back
