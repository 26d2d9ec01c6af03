-- grain: one row per feed and view that the HIS was asked to count, with how much of its day lies here
select
    concat(feed, ' · ', view) as view_of_feed,
    sum(told_by_his) as n,
    sum(difference) as off,
    round(greatest(-off, 0) / greatest(n, 1), 6) as missing_share,
    round(greatest(off, 0) / greatest(n, 1), 6) as surplus_share
from mart_reconciliation
where facility_id = {facility:String} and day = {day:Date}
group by feed, view
order by feed, view
