-- One row per ticket that was called, at its first call: was it ever missed?
insert into {drafts:Identifier} (stage, scope_id, at, measured, excluded, num, dims, visit_id, patient_id)
select
    'ticket_called' as stage,
    ticket_id as scope_id,
    called[1].1 as at,
    false as measured,
    if(notEmpty(gone) and gone[1] < called[1].1, 'voided', '') as excluded,
    was_missed as num,
    map(
        'service_point_type', point,
        'queue', queue,
        'dept', if(called[1].3 = '', dept, called[1].3),
        'doctor', if(called[1].4 = '', '?', called[1].4)
    ) as dims,
    visit_id,
    patient_id
from {tickets:Identifier}
where notEmpty(called)
