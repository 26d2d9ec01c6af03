-- One row per inpatient discharge: was the patient reached about a week later?
insert into {drafts:Identifier} (stage, scope_id, at, measured, excluded, num, dims, visit_id, patient_id)
with
    -- A follow-up is what was planned; the day on which it reached somebody counts.
    plans as (
        select
            subject,
            argMinIf(said.kind, (occurred_at, event_id), event_type = 'followup.scheduled') as kind,
            max(visit_id) as visit_id,
            groupArrayIf(
                tuple(toDate(occurred_at, {zone:String}), told.medium),
                event_type = 'followup.completed' and said.outcome = 'reached'
            ) as contacts
        from {rarer_facts:Identifier}
        where startsWith(event_type, 'followup.')
        group by subject
    ),
    calls as (
        select visit_id, arrayFlatten(groupArray(contacts)) as contacts
        from plans
        where kind = 'post_discharge' and visit_id != ''
        group by visit_id
    ),
    discharged as (
        select
            visit_id,
            argMinIf(
                tuple(occurred_at, said.disposition), (occurred_at, event_id),
                event_type = 'inpatient.discharged' and timed
            ) as discharge,
            argMinIf(said.dept, (occurred_at, event_id), event_type = 'inpatient.admitted') as admitted_dept
        from {facts:Identifier}
        where event_type in ('inpatient.discharged', 'inpatient.admitted') and visit_id != ''
        group by visit_id
        having countIf(event_type = 'inpatient.discharged' and timed) > 0
    ),
    followed as (
        select
            discharged.visit_id as visit_id,
            discharged.discharge as discharge,
            visits.patient_id as patient_id,
            multiIf(admitted_dept != '', admitted_dept, visits.dept != '', visits.dept, '?') as dept,
            if(visits.patient_group = '', '?', visits.patient_group) as patient_group,
            arrayFirst(
                contact -> contact.1 >= toDate(discharge.1, {zone:String}) + 4
                    and contact.1 <= toDate(discharge.1, {zone:String}) + 10,
                arraySort(calls.contacts)
            ) as contact
        from discharged
        inner join {visits:Identifier} as visits on visits.visit_id = discharged.visit_id
        left join calls on calls.visit_id = discharged.visit_id
        where not visits.dropped
    )
select
    'discharge_followup' as stage,
    visit_id as scope_id,
    discharge.1 as at,
    false as measured,
    if(discharge.2 in ('died', 'transferred'), discharge.2, '') as excluded,
    contact.1 > toDate(0) as num,
    map(
        'dept', dept, 'channel', if(contact.2 = '', '?', contact.2), 'patient_group', patient_group
    ) as dims,
    visit_id,
    patient_id
from followed
