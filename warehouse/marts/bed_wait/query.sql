-- One row per request for a bed, and per admission that names one which nobody made: from the request to the admission.
insert into {drafts:Identifier} (
    stage, scope_id, started_at, ended_at, measured, open_until, excluded, dims, visit_id, patient_id
)
with
    requested as (
        select
            subject as request_id,
            argMin(
                tuple(occurred_at, timed, told.target_dept, toDateOrNull(told.wanted_date), visit_id, patient_id),
                (occurred_at, event_id)
            ) as asked
        from {rarer_facts:Identifier}
        where event_type = 'admission.requested'
        group by subject
    ),
    admitted as (
        select
            told.request_id as request_id,
            argMin(tuple(occurred_at, said.ward, said.dept, visit_id, patient_id), (occurred_at, event_id)) as stay
        from {rarer_facts:Identifier}
        where event_type = 'inpatient.admitted' and timed and told.request_id != ''
        group by request_id
    ),
    both as (
        select
            if(requested.request_id != '', requested.request_id, admitted.request_id) as request_id,
            if(requested.request_id != '' and asked.2, asked.1, null) as asked_at,
            if(admitted.request_id != '', stay.1, null) as admitted_at,
            multiIf(
                asked_at is null, 'missing_start',
                ifNull(asked.4 > toDate(asked_at, {zone:String}), false), 'planned',
                ''
            ) as reason,
            stay.2 as ward,
            if(asked.3 != '', asked.3, stay.3) as dept,
            visits.class as source,
            if(stay.4 != '', stay.4, asked.5) as stay_id,
            if(stay.5 != '', stay.5, asked.6) as patient
        from requested
        full join admitted on admitted.request_id = requested.request_id
        left join {visits:Identifier} as visits on visits.visit_id = asked.5
    )
select
    'bed_wait' as stage,
    request_id as scope_id,
    asked_at as started_at,
    admitted_at as ended_at,
    reason = '' and admitted_at is not null as measured,
    if(reason = '' and admitted_at is null, asked_at + interval 30 day, null) as open_until,
    reason as excluded,
    map(
        'ward', if(ward = '', '?', ward), 'dept', if(dept = '', '?', dept), 'source', if(source = '', '?', source)
    ) as dims,
    stay_id as visit_id,
    patient as patient_id
from both
where asked_at is not null or admitted_at is not null
