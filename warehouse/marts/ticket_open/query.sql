-- One row per ticket that joined or was queued again: its last stay in the queue.
insert into {drafts:Identifier} (
    stage, scope_id, started_at, ended_at, measured, open_until, dims, flags, visit_id, patient_id
)
with
    stays as (
        select
            *,
            arrayConcat(arrayMap(service -> tupleElement(service, 1), served),
                        arrayMap(done -> tupleElement(done, 1), completed), gone) as closes,
            arrayConcat(joined, requeued) as openings,
            -- Only going back into the queue opens a ticket again.
            notEmpty(closes) and notEmpty(requeued) and arrayMax(requeued) > arrayMax(closes) as is_back,
            arrayMax(openings) as opened_at,
            if(is_back, arrayMax(requeued), opened_at) as since_at,
            notEmpty(closes) and not is_back as is_closed,
            if(
                is_closed,
                ifNull(arrayFirstOrNull(at -> at >= opened_at, arraySort(closes)), arrayMax(closes)),
                arrayFirstOrNull(at -> at >= since_at, acted)
            ) as closed_at
        from {tickets:Identifier}
        where notEmpty(joined) or notEmpty(requeued)
    )
select
    'ticket_open' as stage,
    ticket_id as scope_id,
    since_at as started_at,
    closed_at as ended_at,
    closed_at is not null as measured,
    if(closed_at is null, hispulse_closes_at(
        since_at, dept, {session_ends:Map(String, UInt16)}, {session_end:UInt16}, {zone:String}
    ), null) as open_until,
    map('service_point_type', point, 'queue', queue, 'dept', dept) as dims,
    if(closed_at is not null and not is_closed, ['served_imputed'], []) as flags,
    visit_id,
    patient_id
from stays
