-- One row per prescription that was paid, at its payment: was it still not handed over at the end of the next day?
insert into {drafts:Identifier} (
    stage, scope_id, part, started_at, ended_at, measured, open_until, excluded, num, dims, visit_id, patient_id
)
with
    paid as (
        select
            *,
            notEmpty(dispensed) as is_dispensed,
            if(is_dispensed, dispensed[1].1, null) as dispensed_at,
            dispensed[1].3 as pharmacy,
            toDateTime64(
                hispulse_wall_clock(addDays(toDate(assumeNotNull(paid_at), {zone:String}), 1), 1440, {zone:String}),
                3, 'UTC'
            ) as too_late_at,
            multiIf(
                is_dispensed and dispensed[1].5 = 'home', 'home_delivery',
                is_dispensed, '',
                was_cancelled, 'cancelled',
                was_refunded, 'refunded',
                ''
            ) as reason
        from {prescriptions:Identifier}
        where paid_at is not null
    )
select
    'rx_unclaimed' as stage,
    visit_id as scope_id,
    prescription_id as part,
    paid_at as started_at,
    dispensed_at as ended_at,
    is_dispensed as measured,
    if(reason = '' and not is_dispensed, too_late_at, null) as open_until,
    reason as excluded,
    if(is_dispensed, dispensed_at >= too_late_at, null) as num,
    map('pharmacy', if(pharmacy = '', '?', pharmacy), 'dept', if(closing_dept = '', '?', closing_dept)) as dims,
    visit_id,
    patient_id
from paid
