-- One row per appointment in reach: its booking, where it stands now, how it ended, and the visit that came of it.
create table {appointments:Identifier} engine = MergeTree order by appointment_id as
with
    told as (
        select
            subject as appointment_id,
            max(patient_id) as patient,
            argMinIf(
                tuple(occurred_at, timed, said), (occurred_at, event_id), event_type = 'appointment.booked'
            ) as booking,
            argMaxIf(
                tuple(said.new_slot_start), (occurred_at, event_id),
                event_type = 'appointment.rescheduled' and said.new_slot_start is not null
            ).1 as moved_to,
            countIf(event_type = 'appointment.cancelled') > 0 as is_cancelled,
            argMinIf(
                tuple(occurred_at, timed, said.initiator), (occurred_at, event_id), event_type = 'appointment.cancelled'
            ) as cancellation,
            countIf(event_type = 'appointment.no_show') > 0 as told_absent,
            argMinIf(said.arrived_late, (occurred_at, event_id), event_type = 'appointment.no_show') as arrived_late
        from {scheduled:Identifier}
        where startsWith(event_type, 'appointment.')
        group by subject
        having countIf(event_type = 'appointment.booked') > 0
    ),
    -- Of several visits that name it, one that came counts, and of those the first.
    visited as (
        select
            appointment_id,
            argMin(
                tuple(visits.visit_id, came or ever_seen, dept, doctor, visit_kind, patient_group, refunded_at),
                (not (came or ever_seen), visits.visit_id)
            ) as visit
        from {visits:Identifier} as visits
        left join (
            select visit_id, minOrNull(occurred_at) as refunded_at
            from {facts:Identifier}
            where event_type = 'registration.refunded' and timed
            group by visit_id
        ) as refunds on refunds.visit_id = visits.visit_id
        where appointment_id != '' and not dropped
        group by appointment_id
    )
select
    told.appointment_id as appointment_id,
    patient as patient_id,
    if(booking.2, booking.1, null) as booked_at,
    booking.3.slot_id as slot_id,
    fromUnixTimestamp64Milli(coalesce(moved_to, booking.3.slot_start), 'UTC') as slot_at,
    if(moved_to is null, fromUnixTimestamp64Milli(booking.3.slot_end, 'UTC'), null) as slot_ends_at,
    booking.3.object as object,
    booking.3.channel as channel,
    multiIf(booking.3.dept_code != '', booking.3.dept_code, visit.3 != '', visit.3, '?') as dept,
    multiIf(booking.3.doctor_id != '', booking.3.doctor_id, visit.4 != '', visit.4, '?') as doctor,
    multiIf(booking.3.visit_kind != '', booking.3.visit_kind, visit.5 != '', visit.5, '?') as visit_kind,
    is_cancelled,
    if(is_cancelled and cancellation.2, cancellation.1, null) as cancelled_at,
    cancellation.3 as initiator,
    told_absent,
    arrived_late,
    visit.1 as visit_id,
    visit.2 as attended,
    if(visit.6 = '', '?', visit.6) as patient_group,
    visit.7 as refunded_at
from told
left join visited on visited.appointment_id = told.appointment_id
