-- grain: one row per rule of the state machines, with how many stories it applies to and how many break it
with
    stories as (
        select
            domain,
            subject,
            minIf(occurred_at, event_type = 'queue.joined') as joined_at,
            minIf(occurred_at, event_type = 'queue.called') as called_at,
            minIf(occurred_at, event_type = 'queue.served') as served_at,
            minIf(occurred_at, event_type = 'queue.completed') as completed_at,
            minIf(occurred_at, event_type = 'consultation.started') as started_at,
            minIf(occurred_at, event_type = 'consultation.ended') as ended_at,
            minIf(occurred_at, event_type = 'bill.created') as billed_at,
            minIf(occurred_at, event_type = 'bill.paid') as paid_at,
            minIf(occurred_at, event_type = 'specimen.collected') as collected_at,
            minIf(occurred_at, event_type = 'specimen.received') as received_at,
            minIf(occurred_at, event_type = 'prescription.submitted') as submitted_at,
            minIf(occurred_at, event_type = 'dispensing.dispensed') as dispensed_at,
            minIf(occurred_at, event_type = 'ed.arrived') as arrived_at,
            minIf(occurred_at, event_type = 'ed.departed') as departed_at
        from day_events
        where build_day = {day:Date} and facility_id = {facility:String}
        group by domain, subject
    ),
    pairs as (
        select
            tupleElement(pair, 1) as rule,
            tupleElement(pair, 2) as kpi,
            tupleElement(pair, 3) as first_at,
            tupleElement(pair, 4) as then_at
        from stories
        array join [
            ('called_after_joined', 'queue_missed_rate', joined_at, called_at),
            ('served_after_joined', 'window_wait', joined_at, served_at),
            ('completed_after_served', 'window_service_time', served_at, completed_at),
            ('ended_after_started', 'consult_duration', started_at, ended_at),
            ('paid_after_billed', 'bill_to_pay_time', billed_at, paid_at),
            ('received_after_collected', 'lab_preanalytic_tat', collected_at, received_at),
            ('dispensed_after_submitted', 'pharm_pickup_wait', submitted_at, dispensed_at),
            ('departed_after_arrived', 'ed_los_discharged', arrived_at, departed_at)
        ] as pair
    )
select
    rule,
    kpi,
    count() as n,
    countIf(dateDiff('second', first_at, then_at) < -120) as broken,
    round(broken / n, 6) as broken_share
from pairs
where toUnixTimestamp64Milli(first_at) > 0 and toUnixTimestamp64Milli(then_at) > 0
group by rule, kpi
order by rule
