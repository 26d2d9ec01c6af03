-- Who or what was joined to another one, as a map: joined → survivor. `joins` are (when, event_id, survivor, joined) in
-- order of time: a later survivor replaces an earlier one; what would close a circle is left out.
create or replace function hispulse_survivors as (joins) -> arrayFold(
    (survivors, join) -> if(
        arrayFold(
            (id, step) -> if(id != join.4 and mapContains(survivors, id), survivors[id], id),
            range(length(survivors)),
            join.3
        ) = join.4,
        survivors,
        mapUpdate(survivors, map(join.4, join.3))
    ),
    joins,
    cast(map(), 'Map(String, String)')
);

-- The last survivor of an id, through as many joins as there were.
create or replace function hispulse_survivor_of as (survivors, joined) -> arrayFold(
    (id, step) -> if(mapContains(survivors, id), survivors[id], id), range(length(survivors)), joined
);
