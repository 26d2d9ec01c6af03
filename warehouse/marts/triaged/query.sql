-- One row per visit that was triaged: did it stay in the department that the triage found?
insert into {drafts:Identifier} (stage, scope_id, day, at, measured, num, dims, visit_id, patient_id)
with
    triage as (
        select
            facts.visit_id as visit_id,
            argMin(tuple(facts.occurred_at, told.assigned_dept, told.nurse_id), (facts.occurred_at, facts.event_id)) as first
        from {facts:Identifier} as facts
        inner join (
            select event_id, assigned_dept, nurse_id from ev_triage_completed where build_day = {day:Date}
        ) as told on told.event_id = facts.event_id
        where facts.event_type = 'triage.completed' and facts.timed and facts.visit_id != ''
        group by facts.visit_id
    ),
    seen as (
        select visit_id, min(occurred_at) as seen_at
        from {facts:Identifier}
        where event_type in ('consultation.started', 'ed.seen') and timed and visit_id != ''
        group by visit_id
    ),
    triaged as (
        select
            triage.visit_id as visit_id,
            visits.patient_id as patient_id,
            visits.day as day,
            visits.dept as dept,
            first.1 as triaged_at,
            ifNull(first.2, '') as assigned_dept,
            ifNull(first.3, '') as nurse,
            if(seen.visit_id != '', seen_at, toDateTime64('2200-01-01 00:00:00', 3, 'UTC')) as until
        from triage
        inner join {visits:Identifier} as visits on visits.visit_id = triage.visit_id
        left join seen on seen.visit_id = triage.visit_id
        where not visits.dropped
    ),
    -- Somebody corrected the department of the registration.
    corrected as (
        select triaged.visit_id as visit_id
        from {rarer_facts:Identifier} as facts
        inner join triaged on triaged.visit_id = facts.visit_id
        where event_type = 'record.corrected' and mapContains(told.changed, 'dept_code')
            and facts.occurred_at >= triaged_at and facts.occurred_at < until
    ),
    -- Or sent the patient to register again, on the same date in another department.
    again as (
        select triaged.visit_id as visit_id
        from (
            select visit_id, patient_id, occurred_at, said.dept_code as dept
            from {facts:Identifier}
            where event_type = 'registration.created' and patient_id != ''
        ) as other
        inner join triaged on triaged.patient_id = other.patient_id
        where other.visit_id != triaged.visit_id and other.dept != triaged.dept
            and other.occurred_at >= triaged_at and other.occurred_at < until
            and toDate(other.occurred_at, {zone:String}) = toDate(triaged_at, {zone:String})
    )
select
    'triaged' as stage,
    visit_id as scope_id,
    day,
    triaged_at as at,
    false as measured,
    visit_id not in (select visit_id from corrected) and visit_id not in (select visit_id from again) as num,
    map(
        'dept', multiIf(assigned_dept != '', assigned_dept, dept != '', dept, '?'), 'nurse', if(nurse = '', '?', nurse)
    ) as dims,
    visit_id,
    patient_id
from triaged
