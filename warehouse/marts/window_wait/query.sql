-- One row per window ticket (any but a consultation room's) that joined or was served: from joining to service.
insert into {drafts:Identifier} (
    stage, scope_id, started_at, ended_at, measured, open_until, excluded, dims, flags, visit_id, patient_id
)
with
    waits as (
        select
            *,
            if(empty(joined), null, joined[1]) as joined_at,
            if(empty(served), null, served[1].1) as served_at,
            if(empty(gone), null, gone[1]) as left_at,
            arrayFirstOrNull(at -> at >= joined[1], acted) as act_at,
            multiIf(
                served_at is not null and joined_at is null, 'missing_start',
                served_at is not null, '',
                left_at is not null and date_diff('millisecond', joined_at, left_at) <= 5000, 'voided',
                left_at is not null, 'left',
                was_served, 'missing_end',
                act_at is not null, 'served_imputed',
                ''
            ) as reason,
            multiIf(
                served_at is not null, served_at,
                left_at is not null, left_at,
                reason = 'served_imputed', act_at,
                null
            ) as end_at
        from {tickets:Identifier}
        where point != 'clinic' and (notEmpty(joined) or notEmpty(served))
    )
select
    'window_wait' as stage,
    ticket_id as scope_id,
    joined_at as started_at,
    end_at as ended_at,
    (reason = '' and end_at is not null) or reason = 'served_imputed' as measured,
    if(
        reason = '' and end_at is null,
        hispulse_closes_at(
            assumeNotNull(joined_at), dept, {session_ends:Map(String, UInt16)}, {session_end:UInt16}, {zone:String}
        ),
        null
    ) as open_until,
    reason as excluded,
    map(
        'service_point_type', point,
        'queue', queue,
        'window', if(served[1].4 = '', '?', served[1].4),
        'dept', if(served[1].5 = '', dept, served[1].5),
        'patient_group', patient_group
    ) as dims,
    if(reason = 'served_imputed', ['served_imputed'], []) as flags,
    visit_id,
    patient_id
from waits
