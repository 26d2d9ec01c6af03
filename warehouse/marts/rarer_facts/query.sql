-- One row per live fact in reach of a complaint, suggestion, questionnaire, session, follow-up, correction or admission: with what only they say.
create table {rarer_facts:Identifier} engine = MergeTree order by (event_type, subject, occurred_at) as
with
    -- They are few: what the others never say is parsed of these alone.
    told as (
        select
            event_id,
            JSONExtract(body, 'Tuple(
                affected_appointments Nullable(Int64), changed Map(String, Array(Nullable(String))), answers Array(Tuple(scale Nullable(Int64), score Nullable(Int64))),
                complete_share Nullable(Float64), due_at Nullable(Int64), due_date String, medium String,
                paused_minutes Nullable(Int64), programme String, rectified_at Nullable(Int64), request_id String, session_date String,
                session_start Nullable(Int64), severity String, source String, survey_id String, survey_type String,
                target_dept String, told_complainant Nullable(Bool), topic String, wanted_date String
            )') as told
        from day_events
        where build_day = {day:Date} and facility_id = {facility:String} and (
            startsWith(event_type, 'complaint.') or startsWith(event_type, 'suggestion.')
            or startsWith(event_type, 'survey.') or startsWith(event_type, 'followup.')
            or startsWith(event_type, 'schedule.') or event_type in (
                'admission.requested', 'inpatient.admitted', 'record.corrected'
            )
        )
    )
select facts.*, told.told as told
from {facts:Identifier} as facts
inner join told on told.event_id = facts.event_id
