-- When what began at `start` is no longer open in a department: the end of that day's last session decides. `ends` has
-- the sessions' ends, in minutes, by department, and by "department day" and " day" where a day's are others.
create or replace function hispulse_closes_at as (start, dept, ends, usual_end, zone) -> hispulse_session_closes_at(
    start,
    multiIf(
        mapContains(ends, concat(dept, ' ', toString(toDate(start, zone)))),
            ends[concat(dept, ' ', toString(toDate(start, zone)))],
        mapContains(ends, dept), ends[dept],
        mapContains(ends, concat(' ', toString(toDate(start, zone)))), ends[concat(' ', toString(toDate(start, zone)))],
        usual_end
    ),
    zone
);
