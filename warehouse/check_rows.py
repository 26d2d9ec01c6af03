"""What the checks of a day found, as their newest runs say, and how many failed on the days before. Reads only.

A run of a suite replaces the one before it whole: what it no longer looks at is no finding any more.
"""

from __future__ import annotations

from warehouse.client import Warehouse
from warehouse.history import Row

# The family of suites that a run looks at together: all journeys, or the values of one KPI.
_NEWEST = """
    results as (
        select
            *,
            splitByChar('.', toString(suite))[1] as family,
            if(family in ('kpis', 'drift'), toString(kpi), '') as of_kpi
        from check_results
        where facility_id = {facility:String} and day >= {first:Date} and day <= {last:Date}
    ),
    newest as (
        select * from results
        where (day, family, of_kpi, run_id) in (
            select day, family, of_kpi, argMax(run_id, at) from results group by day, family, of_kpi
        )
        order by at desc
        limit 1 by day, suite, kpi, expectation
    )
"""

_CHECKED = f"""
with {_NEWEST}
select
    toString(family) as family, toString(suite) as suite, expectation, toString(kpi) as kpi,
    toString(severity) as severity, passed, observed, expected, zh, en, toUnixTimestamp64Milli(at) as at_ms
from newest
order by kpi, suite, expectation
"""

_BY_DAY = f"""
with {_NEWEST}
select
    toString(day) as on_day, toString(family) as family, count() as n,
    countIf(not passed and severity = 'withhold') as withheld,
    countIf(not passed and severity = 'warn') as warned,
    countIf(not passed and severity = 'note') as noted
from newest
group by day, family
order by day, family
"""

_SILENT = f"""
with {_NEWEST}
select toString(day) as on_day, observed from newest
where family = 'feeds' and expectation = 'not_silent' and not passed
order by day
"""

_LAST = """
select toString(max(day)) as day, count() as n from check_results
where facility_id = {facility:String} and day <= {last:Date} and day >= {last:Date} - 7
"""


def checked(warehouse: Warehouse, facility: str, day: str) -> list[Row]:
    """What the newest run of each check found of a day, also what passed."""
    return warehouse.rows(_CHECKED, {"facility": facility, "first": day, "last": day})


def checked_by_day(warehouse: Warehouse, facility: str, first: str, last: str) -> list[Row]:
    """Of each day and family of suites: how many checks there were, and how many failed, by severity."""
    return warehouse.rows(_BY_DAY, {"facility": facility, "first": first, "last": last})


def silent_sources(warehouse: Warehouse, facility: str, first: str, last: str) -> dict[str, list[str]]:
    """Day → the sources that were silent on it, as they call themselves."""
    rows = warehouse.rows(_SILENT, {"facility": facility, "first": first, "last": last})
    named = {row["on_day"]: row["observed"].partition(": ")[2] for row in rows}
    return {day: [each.rpartition(" ")[0] for each in told.split(", ")] for day, told in named.items()}


def last_checked(warehouse: Warehouse, facility: str, until: str) -> str | None:
    """The newest day up to one (and no more than a week before it) that was checked."""
    [found] = warehouse.rows(_LAST, {"facility": facility, "last": until})
    return str(found["day"]) if found["n"] else None


def failed_checks(warehouse: Warehouse, facility: str, until: str, most: int = 50) -> list[Row]:
    """The checks of the newest checked day that did not pass and are more than a note, the gravest first."""
    day = last_checked(warehouse, facility, until)
    rows = checked(warehouse, facility, day) if day else []
    failed = [row for row in rows if not row["passed"] and row["severity"] != "note"]
    names = ("suite", "expectation", "kpi", "severity", "observed", "zh", "en")
    ordered = sorted(failed, key=lambda row: row["severity"], reverse=True)  # withhold before warn
    return [{"day": day, **{name: row[name] for name in names}} for row in ordered[:most]]
