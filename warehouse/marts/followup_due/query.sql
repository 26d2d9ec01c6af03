-- One row per planned follow-up of a chronic disease, on its due date: was the patient reached within a week of it?
insert into {drafts:Identifier} (
    stage, scope_id, day, at, started_at, ended_at, measured, millis, open_until, excluded, num, dims, patient_id
)
with
    told as (
        select
            subject,
            max(patient_id) as patient,
            argMinIf(
                tuple(occurred_at, said.kind, toDateOrNull(told.due_date), told.programme), (occurred_at, event_id),
                event_type = 'followup.scheduled'
            ) as plan,
            argMinIf(
                tuple(occurred_at, told.medium), (occurred_at, event_id),
                event_type = 'followup.completed' and said.outcome = 'reached'
            ) as contact,
            countIf(event_type = 'followup.completed' and said.outcome = 'reached') > 0 as is_reached,
            countIf(event_type = 'followup.completed' and said.outcome = 'died') > 0 as has_died,
            countIf(event_type = 'followup.completed' and said.outcome = 'refused') > 0 as has_refused
        from {rarer_facts:Identifier}
        where startsWith(event_type, 'followup.')
        group by subject
    ),
    judged as (
        select
            *,
            plan.3 as due_date,
            toDateTime64(hispulse_wall_clock(assumeNotNull(due_date), 0, {zone:String}), 3, 'UTC') as due_from,
            toDateTime64(hispulse_wall_clock(assumeNotNull(due_date), 1440, {zone:String}), 3, 'UTC')
                + toIntervalSecond({within_s:Map(String, Int64)}['followup_due']) as too_late_at,
            multiIf(
                due_date is null, 'missing_due',
                is_reached, '',
                has_died, 'died',
                has_refused, 'refused',
                ''
            ) as reason
        from told
        where plan.2 = 'chronic'
    )
select
    'followup_due' as stage,
    subject as scope_id,
    due_date as day,
    if(reason = 'missing_due', null, due_from) as at,
    if(reason = 'missing_due', plan.1, due_from) as started_at,
    if(is_reached and reason = '', contact.1, null) as ended_at,
    ended_at is not null as measured,
    if(measured, greatest(0, date_diff('millisecond', due_from, assumeNotNull(ended_at))), null) as millis,
    if(reason = '' and not is_reached, too_late_at, null) as open_until,
    reason as excluded,
    if(measured, ended_at < too_late_at, null) as num,
    map(
        'programme', if(plan.4 = '', '?', plan.4),
        'medium', if(not is_reached or contact.2 = '', '?', contact.2)
    ) as dims,
    patient as patient_id
from judged
