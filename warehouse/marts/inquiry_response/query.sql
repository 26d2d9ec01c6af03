-- One row per inquiry: from the question to the first answer by staff, or else by a bot.
insert into {drafts:Identifier} (
    stage, scope_id, series, started_at, ended_at, measured, open_until, excluded, dims, visit_id, patient_id
)
with
    told as (
        select
            subject,
            max(visit_id) as visit,
            max(patient_id) as patient,
            minOrNullIf(occurred_at, event_type = 'inquiry.received' and timed) as asked_at,
            minOrNullIf(occurred_at, event_type = 'inquiry.responded' and timed and said.by = 'staff') as by_staff,
            minOrNullIf(occurred_at, event_type = 'inquiry.responded' and timed and said.by = 'bot') as by_bot,
            minOrNullIf(occurred_at, event_type = 'inquiry.responded' and timed and said.by = '') as by_nobody,
            coalesce(by_staff, by_bot, by_nobody) as answered_at,
            countIf(event_type = 'inquiry.responded') > 0 as was_answered,
            argMinIf(said.channel, (occurred_at, event_id), event_type = 'inquiry.received') as channel
        from {facts:Identifier}
        where event_type in ('inquiry.received', 'inquiry.responded')
        group by subject
    ),
    judged as (
        select
            *,
            multiIf(
                asked_at is null, 'missing_start',
                answered_at is null and was_answered, 'missing_end',
                by_staff is null and by_bot is null and by_nobody is not null, 'missing_by',
                ''
            ) as reason
        from told
        where asked_at is not null or answered_at is not null
    )
select
    'inquiry_response' as stage,
    subject as scope_id,
    if(by_staff is null and by_bot is not null, 'bot', '') as series,
    asked_at as started_at,
    answered_at as ended_at,
    asked_at is not null and answered_at is not null as measured,
    if(reason = '' and answered_at is null, asked_at + interval 24 hour, null) as open_until,
    reason as excluded,
    map('channel', if(channel = '', '?', channel)) as dims,
    visit as visit_id,
    patient as patient_id
from judged
