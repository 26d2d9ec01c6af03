-- One row per questionnaire that was answered: what share of its items has 80 % of their scale or more, in billionths.
create table {opinions:Identifier} engine = MergeTree order by subject as
with
    -- a / b rounded half-even, exact because a and b are whole numbers
    (a, b) -> intDiv(a, b) + (2 * (a % b) > b or (2 * (a % b) = b and intDiv(a, b) % 2 = 1)) as rounded,
    forms as (
        select
            facts.subject as subject,
            facts.visit_id as visit_id,
            facts.patient_id as patient_id,
            event_id,
            occurred_at as submitted_at,
            told.survey_id as survey_id,
            if(told.survey_type = '', '?', told.survey_type) as survey_type,
            if(visits.dept = '', '?', visits.dept) as dept,
            arrayFilter(
                item -> item.score is not null and ifNull(item.scale, 0) > 0, told.answers
            ) as valid,
            toInt64(arrayCount(item -> assumeNotNull(5 * item.score >= 4 * item.scale), valid)) as content,
            multiIf(
                told.complete_share is null, 'missing_share',
                assumeNotNull(told.complete_share) < 0.6, 'incomplete',
                empty(valid), 'no_answers',
                ''
            ) as why_invalid,
            -- Of several about one visit the first valid counts.
            row_number() over (
                partition by facts.visit_id, survey_type, why_invalid = '' order by occurred_at, event_id
            ) as place
        from {rarer_facts:Identifier} as facts
        left join {visits:Identifier} as visits on visits.visit_id = facts.visit_id
        where event_type = 'survey.submitted' and timed
    )
select
    subject,
    visit_id,
    patient_id,
    submitted_at,
    survey_id,
    if(survey_type = 'staff', 'staff', '') as series,
    if(why_invalid = '' and visit_id != '' and place > 1, 'duplicate', why_invalid) as reason,
    if(reason = '', rounded(1000000000 * content, toInt64(greatest(1, length(valid)))), null) as satisfied,
    map('survey_type', survey_type, 'dept', dept) as dims
from forms
