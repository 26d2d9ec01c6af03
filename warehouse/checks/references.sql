-- grain: one row per kind of event that presupposes another of its subject, with how many subjects lack that one
with
    subjects as (
        select
            subject,
            groupUniqArray(event_type) as types,
            groupUniqArrayIf(event_type, toDate(occurred_at, {zone:String}) = {day:Date}) as of_day
        from day_events
        where build_day = {day:Date} and facility_id = {facility:String} and subject != ''
        group by subject
    ),
    presupposed as (  -- of stories that are told within days: what may have begun months ago is not looked for
        select
            tupleElement(pair, 1) as event_type,
            tupleElement(pair, 2) as beginning,
            has(types, beginning) as is_told
        from subjects
        array join [
            ('queue.called', 'queue.joined'),
            ('queue.served', 'queue.joined'),
            ('consultation.ended', 'consultation.started'),
            ('bill.paid', 'bill.created'),
            ('specimen.collected', 'order.placed'),
            ('exam.started', 'order.placed'),
            ('report.issued', 'order.placed'),
            ('prescription.reviewed', 'prescription.submitted'),
            ('dispensing.dispensed', 'prescription.submitted'),
            ('ed.departed', 'ed.arrived')
        ] as pair
        where has(of_day, event_type)
    )
select
    event_type,
    any(presupposed.beginning) as beginning,
    count() as n,
    countIf(not is_told) as without,
    round(without / n, 6) as without_share
from presupposed
group by event_type
order by event_type
