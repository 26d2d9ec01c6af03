-- One row per questionnaire: was it answered within two weeks of its sending?
insert into {drafts:Identifier} (
    stage, scope_id, started_at, ended_at, measured, open_until, excluded, num, dims, visit_id, patient_id
)
with
    told as (
        select
            subject,
            max(patient_id) as patient,
            minOrNullIf(occurred_at, event_type = 'survey.sent' and timed) as sent_at,
            countIf(event_type = 'survey.sent') > 0 as was_sent,
            argMinIf(said.channel, (occurred_at, event_id), event_type = 'survey.sent') as channel,
            minOrNullIf(occurred_at, event_type = 'survey.submitted' and timed) as submitted_at,
            countIf(event_type = 'survey.submitted') > 0 as was_submitted
        from {rarer_facts:Identifier}
        where startsWith(event_type, 'survey.')
        group by subject
    ),
    judged as (
        select
            *,
            multiIf(
                sent_at is null and was_sent, 'missing_start',
                sent_at is null, 'unsolicited',
                submitted_at is null and was_submitted, 'missing_end',
                ''
            ) as reason,
            sent_at + toIntervalSecond({within_s:Map(String, Int64)}['survey_answered'] + 1) as too_late_at
        from told
        where sent_at is not null or submitted_at is not null
    )
select
    'survey_answered' as stage,
    judged.subject as scope_id,
    sent_at as started_at,
    submitted_at as ended_at,
    reason = '' and submitted_at is not null as measured,
    if(reason = '' and submitted_at is null, too_late_at, null) as open_until,
    reason as excluded,
    if(measured, submitted_at < too_late_at, null) as num,
    map(
        'channel', if(judged.channel = '', '?', judged.channel), 'dept', if(visits.dept = '', '?', visits.dept)
    ) as dims,
    links.visit_id as visit_id,
    judged.patient as patient_id
from judged
left join {links:Identifier} as links on links.subject = judged.subject
left join {visits:Identifier} as visits on visits.visit_id = links.visit_id
