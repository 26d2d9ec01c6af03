-- One row per inpatient discharge: was the patient visited on admission, after a week, and reached a week after leaving?
insert into {drafts:Identifier} (stage, scope_id, at, measured, num, dims, visit_id, patient_id)
with
    plans as (
        select
            subject,
            argMinIf(said.kind, (occurred_at, event_id), event_type = 'followup.scheduled') as kind,
            max(visit_id) as visit_id,
            groupArrayIf(
                toDate(occurred_at, {zone:String}), event_type = 'followup.completed' and said.outcome = 'reached'
            ) as reached_on
        from {rarer_facts:Identifier}
        where startsWith(event_type, 'followup.')
        group by subject
    ),
    contacts as (
        select
            visit_id,
            arrayFlatten(groupArrayIf(reached_on, kind = 'inpatient_day0')) as first_visits,
            arrayFlatten(groupArrayIf(reached_on, kind = 'inpatient_day7')) as week_visits,
            arrayFlatten(groupArrayIf(reached_on, kind = 'post_discharge')) as calls
        from plans
        where visit_id != ''
        group by visit_id
    ),
    stays as (
        select
            visit_id,
            argMinIf(tuple(occurred_at, said.ward), (occurred_at, event_id), event_type = 'inpatient.discharged' and timed)
                as discharge,
            countIf(event_type = 'inpatient.discharged' and timed) > 0 as is_discharged,
            toDate(discharge.1, {zone:String}) as left_on,
            if(
                countIf(event_type = 'inpatient.admitted') > 0,
                toDate(minIf(occurred_at, event_type = 'inpatient.admitted'), {zone:String}),
                null
            ) as came_on
        from {facts:Identifier}
        where event_type in ('inpatient.admitted', 'inpatient.discharged') and visit_id != ''
        group by visit_id
    )
select
    'three_visits' as stage,
    stays.visit_id as scope_id,
    discharge.1 as at,
    false as measured,
    ifNull(
        has(first_visits, came_on)
            and (left_on < came_on + 7 or arrayExists(day -> day >= came_on + 4 and day <= came_on + 10, week_visits))
            and arrayExists(day -> day >= left_on + 4 and day <= left_on + 10, calls),
        false
    ) as num,
    map('ward', if(discharge.2 = '', '?', discharge.2)) as dims,
    stays.visit_id as visit_id,
    visits.patient_id as patient_id
from stays
inner join {visits:Identifier} as visits on visits.visit_id = stays.visit_id
left join contacts on contacts.visit_id = stays.visit_id
where is_discharged and not visits.dropped
