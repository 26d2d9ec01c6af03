-- One row per patient number that was joined to another one: the patient that it is.
create table {patients:Identifier} engine = MergeTree order by patient_id as
with
    winners as (
        select * from (
            select event_id, source_system, revision, ingested_at, op, occurred_at, body
            from events
            where facility_id = {facility:String} and event_type = 'patient.merged'
        )
        order by
            event_id,
            if(has({priority:Array(String)}, source_system), indexOf({priority:Array(String)}, source_system), 65535),
            source_system,
            revision desc,
            ingested_at
        limit 1 by event_id
    ),
    joined as (
        select hispulse_survivors(arraySort(groupArray(tuple(
            occurred_at, event_id, JSONExtractString(body, 'surviving_patient_id'),
            JSONExtractString(body, 'prior_patient_id')
        )))) as survivors
        from winners
        where op = 'assert' and JSONExtractString(body, 'scope') in ('', 'patient')
            and JSONExtractString(body, 'surviving_patient_id') != '' and JSONExtractString(body, 'prior_patient_id') != ''
    )
select
    arrayJoin(mapKeys(survivors)) as prior_id,
    prior_id as patient_id,
    hispulse_survivor_of(survivors, prior_id) as survivor_id
from joined
