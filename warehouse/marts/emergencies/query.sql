-- One row per visit with anything told of the emergency department or of triage: its milestones, the first of each.
create table {emergencies:Identifier} engine = MergeTree order by visit_id as
with
    milestones as (
        select
            visit_id,
            countIf(event_type = 'ed.arrived') > 0 as came,
            argMinIf(
                tuple(occurred_at, said.arrival_mode, timed), (occurred_at, event_id), event_type = 'ed.arrived'
            ) as arrival,
            minOrNullIf(occurred_at, event_type = 'triage.completed' and timed) as triaged_at,
            minOrNullIf(occurred_at, event_type = 'ed.resus_entered' and timed and said.kind = 'resus') as resus_at,
            minOrNullIf(occurred_at, event_type = 'ed.seen' and timed) as seen_at,
            minOrNullIf(occurred_at, event_type = 'ed.departed' and timed) as departed_at,
            argMinIf(said.disposition, (occurred_at, event_id), event_type = 'ed.departed' and timed) as disposition,
            countIf(event_type = 'ed.departed') > 0 as was_departed,
            argMinIf(said.disposition, (occurred_at, event_id), event_type = 'ed.departed') as told_disposition,
            countIf(event_type = 'ed.seen') > 0 as was_seen,
            countIf(event_type = 'triage.completed') > 0 as was_triaged,
            argMinIf(
                tuple(occurred_at, said.target_ward), (occurred_at, event_id),
                event_type = 'ed.disposition_decided' and timed and said.decision = 'admit'
            ) as decision,
            countIf(event_type = 'ed.disposition_decided' and timed and said.decision = 'admit') > 0 as is_to_admit,
            argMinIf(
                said.acuity, (occurred_at, event_id), event_type = 'triage.completed' and said.acuity != ''
            ) as told_acuity
        from {facts:Identifier}
        where visit_id != '' and (event_type = 'triage.completed' or startsWith(event_type, 'ed.'))
        group by visit_id
    )
select
    milestones.visit_id as visit_id,
    visits.patient_id as patient_id,
    visits.class as class,
    if(came and arrival.3, arrival.1, null) as arrived_at,
    if(came, toDate(arrival.1, {zone:String}), null) as day,
    triaged_at, resus_at, seen_at, departed_at, disposition,
    was_departed, told_disposition, was_seen, was_triaged,
    if(is_to_admit, decision.1, null) as decided_at,
    if(decision.2 = '', '?', decision.2) as target_ward,
    map(
        'acuity', if(told_acuity = '', '?', told_acuity),
        'arrival_mode', if(arrival.2 = '', '?', arrival.2)
    ) as dims
from milestones
inner join {visits:Identifier} as visits on visits.visit_id = milestones.visit_id
where not visits.dropped
