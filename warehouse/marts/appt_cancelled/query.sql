-- Two rows per appointment, at its slot: did the patient give it up, and did the patient less than a day before?
insert into {drafts:Identifier} (stage, scope_id, series, at, measured, excluded, num, dims, visit_id, patient_id)
with judged as (
    select
        *,
        multiIf(
            is_cancelled and initiator = 'hospital', 'by_hospital',
            is_cancelled and initiator = '', 'missing_initiator',
            ''
        ) as reason,
        is_cancelled and initiator = 'patient' as by_patient,
        if(booked_at is null, null, intDiv(toUnixTimestamp64Milli(slot_at) - toUnixTimestamp64Milli(booked_at), 86400000))
            as days_ahead
    from {appointments:Identifier}
    where slot_at is not null
)
select
    'appt_cancelled' as stage,
    appointment_id as scope_id,
    arrayJoin(['', '<24h']) as series,
    slot_at as at,
    false as measured,
    reason as excluded,
    by_patient and (series = '' or ifNull(cancelled_at > slot_at - interval 24 hour, false)) as num,
    map(
        'dept', dept,
        'channel', if(channel = '', '?', channel),
        'lead', multiIf(
            days_ahead is null, '?', days_ahead < 1, '<1d', days_ahead < 3, '1-2d', days_ahead < 7, '3-6d',
            days_ahead < 14, '7-13d', '≥14d'
        )
    ) as dims,
    visit_id,
    patient_id
from judged
