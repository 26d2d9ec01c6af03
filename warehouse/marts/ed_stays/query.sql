-- One row per stay in a room of the emergency department: entered and left, or only one of both.
create table {ed_stays:Identifier} engine = MergeTree order by visit_id as
with
    told as (
        select
            visit_id,
            arraySort(groupArrayIf(
                tuple(occurred_at, event_id, said.location_id, said.kind), event_type = 'ed.resus_entered'
            )) as entries,
            arraySort(groupArrayIf(
                tuple(occurred_at, event_id, said.location_id, said.kind, said.died), event_type = 'ed.resus_left'
            )) as leavings
        from {facts:Identifier}
        where event_type in ('ed.resus_entered', 'ed.resus_left') and timed and visit_id != ''
        group by visit_id
    ),
    -- An entry's leaving is the next one of that place, before anybody entered it again.
    entered as (
        select
            visit_id,
            leavings,
            n,
            entries[n] as entry,
            arrayFirstIndex(later -> later.3 = entry.3, arraySlice(entries, n + 1)) as again,
            arrayFirst(
                one -> one.3 = entry.3 and one.1 >= entry.1 and (again = 0 or one.1 < entries[n + again].1), leavings
            ) as leaving
        from told
        array join arrayEnumerate(entries) as n
    ),
    paired as (
        select visit_id, groupArray(tupleElement(leaving, 2)) as event_ids from entered group by visit_id
    ),
    stays as (
        select
            visit_id, entry.4 as kind, 0 as only_left, entry.1 as place_at, entry.2 as place_id,
            toNullable(entry.1) as entered_at,
            if(tupleElement(leaving, 2) = '', null, tupleElement(leaving, 1)) as left_at,
            tupleElement(leaving, 5) as died
        from entered
        union all
        select
            told.visit_id as visit_id, one.4 as kind, 1 as only_left, one.1 as place_at, one.2 as place_id,
            null as entered_at, toNullable(one.1) as left_at, false as died
        from told
        left join paired on paired.visit_id = told.visit_id
        array join leavings as one
        where not has(paired.event_ids, one.2)
    )
select
    stays.visit_id as visit_id,
    visits.patient_id as patient_id,
    kind,
    toString(row_number() over (
        partition by stays.visit_id, kind order by only_left, place_at, place_id
    )) as part,
    emergencies.day as day,
    entered_at,
    left_at,
    multiIf(entered_at is null, 'missing_start', left_at is not null and died, 'died', '') as reason,
    map('acuity', emergencies.dims['acuity']) as dims
from stays
inner join {visits:Identifier} as visits on visits.visit_id = stays.visit_id
inner join {emergencies:Identifier} as emergencies on emergencies.visit_id = stays.visit_id
where kind in ('resus', 'observation')
