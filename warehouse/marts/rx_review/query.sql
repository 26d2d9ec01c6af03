-- One row per prescription that was submitted or reviewed: from its submission to a pharmacist's first review.
insert into {drafts:Identifier} (
    stage, scope_id, series, started_at, ended_at, measured, open_until, excluded, dims, visit_id, patient_id
)
with
    told as (
        select
            subject as prescription_id,
            max(patient_id) as patient_id,
            argMinIf(said.dept_code, (occurred_at, event_id), event_type = 'prescription.submitted') as told_dept,
            minOrNullIf(occurred_at, event_type = 'prescription.submitted' and timed) as submitted_at,
            countIf(event_type = 'prescription.cancelled') > 0 as was_cancelled,
            arraySort(groupArrayIf(
                tuple(
                    multiIf(said.mode = 'pharmacist', 1, said.mode = 'auto', 2, 3), occurred_at, event_id, said.mode
                ),
                event_type = 'prescription.reviewed' and timed
            )) as reviews
        from {facts:Identifier}
        where event_type in ('prescription.submitted', 'prescription.reviewed', 'prescription.cancelled')
        group by subject
    ),
    -- A pharmacist's review counts before the machine's, and that before one of which nobody says whose it was.
    reviewed as (
        select
            told.prescription_id as prescription_id,
            told.patient_id as patient_id,
            links.visit_id as visit_id,
            submitted_at,
            notEmpty(reviews) as is_reviewed,
            if(is_reviewed, reviews[1].2, null) as reviewed_at,
            if(is_reviewed, reviews[1].4, '') as mode,
            multiIf(told_dept != '', told_dept, visits.dept != '', visits.dept, '?') as dept,
            multiIf(
                submitted_at is null, 'missing_start',
                is_reviewed and mode = '', 'missing_mode',
                not is_reviewed and was_cancelled, 'cancelled',
                ''
            ) as reason
        from told
        left join {links:Identifier} as links on links.subject = told.prescription_id
        left join {visits:Identifier} as visits on visits.visit_id = links.visit_id
        where submitted_at is not null or notEmpty(reviews)
    )
select
    'rx_review' as stage,
    prescription_id as scope_id,
    if(mode = 'auto', 'auto', '') as series,
    submitted_at as started_at,
    reviewed_at as ended_at,
    submitted_at is not null and is_reviewed as measured,
    if(reason = '' and not is_reviewed, hispulse_closes_at(
        assumeNotNull(submitted_at), dept, {session_ends:Map(String, UInt16)}, {session_end:UInt16}, {zone:String}
    ), null) as open_until,
    reason as excluded,
    map('mode', if(mode = '', '?', mode), 'dept', dept) as dims,
    visit_id,
    patient_id
from reviewed
