-- grain: one row per kind of subject that should belong to a visit, with how many of the day's belong to none
select
    scope,
    uniqExact(scope_id) as n,
    uniqExactIf(scope_id, visit_id = '') as orphans,
    round(orphans / n, 6) as orphan_share
from stage_rows_building
where facility_id = {facility:String} and day = {day:Date}
    and scope in ('ticket', 'order', 'bill', 'prescription')
    -- who asks for a ticket at the registration or the service desk has no visit yet
    and not (scope = 'ticket' and dims['service_point_type'] in ('registration', 'service_desk'))
group by scope
order by scope
