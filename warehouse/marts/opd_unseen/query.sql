-- One row per outpatient visit that checked in, at its check-in: was it never seen?
insert into {drafts:Identifier} (
    stage, scope_id, day, started_at, ended_at, measured, open_until, excluded, num, dims, visit_id, patient_id
)
with
    turns as (
        select
            visit_id,
            countIf(
                startsWith(event_type, 'ed.') or startsWith(event_type, 'inpatient.')
                or (event_type = 'consultation.ended' and said.outcome in ('admitted', 'to_ed'))
            ) > 0 as is_converted,
            minOrNullIf(occurred_at, event_type = 'registration.refunded' and timed) as refunded_at
        from {facts:Identifier}
        where visit_id != ''
        group by visit_id
    ),
    came as (
        select
            visits.*,
            if(notEmpty(consultations), consultations[1].1, null) as seen_at,
            coalesce(day, toDate(arrived_at, {zone:String})) as row_day,
            toDateTime64(hispulse_wall_clock(row_day, 1440, {zone:String}) + interval 2 hour, 3, 'UTC') as too_late_at,
            multiIf(
                is_converted, 'converted',
                seen_at is null and ever_seen, 'missing_end',
                seen_at is null and ifNull(refunded_at < arrived_at, false), 'refunded',
                ''
            ) as reason
        from {visits:Identifier} as visits
        left join turns on turns.visit_id = visits.visit_id
        where class = 'outpatient' and not dropped and arrived_at is not null
    )
select
    'opd_unseen' as stage,
    visit_id as scope_id,
    row_day as day,
    arrived_at as started_at,
    seen_at as ended_at,
    reason = '' and seen_at is not null as measured,
    if(reason = '' and seen_at is null, too_late_at, null) as open_until,
    reason as excluded,
    if(measured, seen_at >= too_late_at, null) as num,
    map(
        'dept', multiIf(
            consultations[1].5 != '', consultations[1].5, arrived_dept != '', arrived_dept, dept != '', dept, '?'
        ),
        'doctor', multiIf(consultations[1].4 != '', consultations[1].4, doctor != '', doctor, '?')
    ) as dims,
    visit_id,
    patient_id
from came
