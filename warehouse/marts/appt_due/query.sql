-- One row per appointment for a consultation, at its slot: did nobody come?
insert into {drafts:Identifier} (
    stage, scope_id, started_at, measured, open_until, excluded, num, dims, visit_id, patient_id
)
with
    sessions as (
        select slot.slot_id as slot_id, max(said.session_end) as ends_ms
        from {scheduled:Identifier}
        array join said.slots as slot
        where event_type = 'schedule.session_published' and slot.slot_id != ''
        group by slot_id
    ),
    due as (
        select
            known.*,
            coalesce(
                if(slot_ends_at is not null and sessions.slot_id != '', fromUnixTimestamp64Milli(ends_ms, 'UTC'), null),
                slot_ends_at,
                toDateTime64(hispulse_wall_clock(toDate(slot_at, {zone:String}), 1440, {zone:String}), 3, 'UTC')
            ) as too_late_at,
            multiIf(
                attended, '',
                is_cancelled and initiator = 'hospital', 'cancelled_by_hospital',
                is_cancelled and (cancelled_at is null or cancelled_at < slot_at), 'cancelled',
                ifNull(refunded_at < slot_at, false), 'cancelled',
                ''
            ) as reason,
            attended or told_absent as is_decided
        from {appointments:Identifier} as known
        left join sessions on sessions.slot_id = known.slot_id and known.slot_id != ''
        where slot_at is not null and object in ('', 'consultation')
    )
select
    'appt_due' as stage,
    appointment_id as scope_id,
    slot_at as started_at,
    false as measured,
    if(reason = '' and not is_decided, greatest(assumeNotNull(too_late_at), assumeNotNull(slot_at)), null) as open_until,
    reason as excluded,
    if(reason = '' and is_decided, not attended and not arrived_late, null) as num,
    map(
        'dept', dept, 'doctor', doctor, 'channel', if(channel = '', '?', channel),
        'slot_hour', leftPad(toString(toHour(assumeNotNull(slot_at), {zone:String})), 2, '0'),
        'patient_group', patient_group
    ) as dims,
    visit_id,
    patient_id
from due
