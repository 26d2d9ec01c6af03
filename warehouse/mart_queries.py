"""The marts' queries and what they are asked with: folders of `marts/`, parameters from site and catalogues.

A mart is a folder with a `query.sql` whose first line states its grain. Some are working relations (`facts`,
`visits` …) that live as long as one build; each stage has one that drafts its rows; `kpi_*` aggregate them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from streams.house import HouseRules
from streams.kpis import catalogue as kpi_catalogue
from streams.kpis.kpi import Due, Interval, Kpi, Peak, Quality, Rate, Reduction, Score, Share, Split, Volume
from streams.kpis.numbers import IN_UNIT
from streams.stages import gauged, stages
from streams.stages.stage import INCOMPLETE, REAL_BUT_EXCLUDED

MARTS = Path(__file__).resolve().parent / "marts"

# Working relations of a build, in the order in which they can be made.
RELATIONS = (
    "moves", "patients", "tellings", "named", "links", "facts", "visits", "tickets", "emergencies", "bills", "orders",
    "prescriptions", "ed_stays", "answers", "rarer_facts", "complaints", "opinions", "scheduled",
    "appointments", "drafts",
)  # fmt: skip

_JUDGES: dict[type[Kpi], str] = {
    Interval: "kpi_interval",
    Share: "kpi_share",
    Split: "kpi_share",
    Due: "kpi_due",
    Volume: "kpi_volume",
    Quality: "kpi_quality",
    Score: "kpi_interval",
    Rate: "kpi_rate",
}
# Whose values are no sums over rows have a query of their own, each by itself.
_WHOLE: dict[type[Kpi], str] = {Peak: "kpi_peak", Reduction: "kpi_reduction"}
_OF_EVENTS = "kpi_late"
_DAYS_AROUND = 20  # further than a build looks


@cache
def query(mart: str) -> str:
    """The text of a mart's query."""
    return (MARTS / mart / "query.sql").read_text("utf-8")


def grain(mart: str) -> str:
    """What one row of a mart is: the first line of its query."""
    return query(mart).splitlines()[0].removeprefix("--").strip()


def marts() -> list[str]:
    """All marts, by name."""
    return sorted(path.parent.name for path in MARTS.glob("*/query.sql"))


def measured() -> list[Kpi]:
    """The KPIs that have daily values: all but those that only exist while somebody looks."""
    return [kpi for kpi in kpi_catalogue().values() if kpi.mode != "L" and type(kpi) in (*_JUDGES, *_WHOLE)]


def cuts(dims: tuple[str, ...]) -> list[list[str]]:
    """The cuts of a KPI: none, each dimension, and department with each other."""
    pairs = [["dept", name] for name in dims if name != "dept"] if "dept" in dims else []
    return [[], *([name] for name in dims), *pairs]


def of_values(house: HouseRules, as_of_ms: int, computed_ms: int) -> dict[str, Any]:
    """The parameters that any query of KPI values may name."""
    return {
        "facility": house.facility_id,
        "zone": house.zone,
        "as_of": stamp(as_of_ms),
        "computed_at": stamp(computed_ms),
        "real": sorted(REAL_BUT_EXCLUDED),
        "incomplete": sorted(INCOMPLETE),
        "baseline_first": house.baseline[0],
        "baseline_last": house.baseline[1],
    }


def parameters(house: HouseRules, day: str, as_of_ms: int, computed_ms: int) -> dict[str, Any]:
    """The parameters that any query of a build may name: the day, the house and its thresholds."""
    declared = stages()
    ceilings = {code: house.ceilings_s.get(code, stage.ceiling_s) for code, stage in declared.items()}
    return of_values(house, as_of_ms, computed_ms) | {
        "day": day,
        "day_closes_at": stamp(house.day_closes_at(day)),
        "session_end": house.session_end,
        "session_ends": house.session_ends | _other_ends(house, day),
        "open_times": list(house.open_times(day)),
        "days_off": [each for each in _around(day) if not house.is_working_day(each)],
        "days_on": [each for each in _around(day) if house.is_working_day(each)],
        "skew_ms": house.skew_ms,
        "within_s": {code: house.within_s(code, stage.within_s) for code, stage in declared.items()},
        "ceilings_ms": {code: s * 1000 for code, s in ceilings.items() if s is not None},
        "start_buckets": [code for code, stage in declared.items() if stage.bucket == "start"],
        "scopes": {code: stage.scope for code, stage in declared.items()},
        "priority": list(house.source_priority),
    }


def _around(day: str) -> list[str]:
    """The days that the stories of a day may touch."""
    on = date.fromisoformat(day)
    return [(on + timedelta(days=each)).isoformat() for each in range(-_DAYS_AROUND, _DAYS_AROUND + 1)]


def _other_ends(house: HouseRules, day: str) -> dict[str, int]:
    """When sessions end on half-days and the like, by department ("" = the hospital) and day."""
    if not house.calendar.has_other_hours:
        return {}
    return {
        f"{dept} {each}": end
        for each in _around(day)
        for dept in ("", *house.own_hours)
        if (end := house.session_end_on(each, dept)) != house.session_ends.get(dept, house.session_end)
    }


def over_days(
    stage_rows: str, grain_of_all: str, first: str, last: str, left_out: Sequence[str] = ()
) -> dict[str, Any]:
    """Which days' rows KPI values are made of, and what their grain is called; a day is told by the hour as well."""
    return {
        "stage_rows": stage_rows,
        "grain": grain_of_all,
        "first": first,
        "last": last,
        "left_out": list(left_out),
        "by_hour": grain_of_all == "day",
    }


def stages_of(kpi: Kpi) -> list[str]:
    """The stages whose rows a KPI is an aggregate of."""
    return list(gauged()) if kpi.stage == "*" else list(kpi.over)


def together(kpis: Sequence[Kpi]) -> list[tuple[Kpi, ...]]:
    """KPIs by the way in which they are worked out: those of a group need one pass over the rows."""
    groups: dict[tuple[object, ...], list[Kpi]] = {}
    for kpi in kpis:
        by_itself = kpi.code if _own_query(kpi) else ""
        groups.setdefault((_JUDGES.get(type(kpi)), by_itself, *_way(kpi).values()), []).append(kpi)
    return [tuple(group) for group in groups.values()]


def kpi_parameters(*kpis: Kpi) -> dict[str, Any]:
    """The parameters of KPIs that are worked out together: which rows each is made of, and what is told of them."""
    of_stages = {code: [n for n, kpi in enumerate(kpis, 1) if code in stages_of(kpi)] for code in stages()}
    of_stages = {code: numbers for code, numbers in of_stages.items() if numbers}
    return _way(kpis[0]) | {
        "kpis": [kpi.code for kpi in kpis],
        "versions": [kpi.version for kpi in kpis],
        "stages": list(of_stages),
        "kpis_of": of_stages,
        "unfinished": {code: stages()[code].unfinished for code in of_stages},
        "overdue_counts": [code for code in of_stages if stages()[code].overdue_counts],
        "weighted": [code for code in of_stages if stages()[code].weighted],
        "series_of": [[] if isinstance(kpi, Quality) else list(kpi.series) for kpi in kpis],  # of gauges: any
        "cuts_of": [cuts(kpi.dims) for kpi in kpis],
        "headlines": [_headline(kpi) for kpi in kpis],
        "units_ms": [IN_UNIT.get(_unit_of_lengths(kpi), 1) for kpi in kpis],
        "shares_of": [list(kpi.shares_s) if isinstance(kpi, Interval) else [] for kpi in kpis],
        "measures": [list(kpi.of) if isinstance(kpi, Rate) else [] for kpi in kpis],
    }


def _way(kpi: Kpi) -> dict[str, Any]:
    """How a KPI is worked out, beside its kind's query: known before the query begins, so that no more is done."""
    return {
        "is_ratio": _headline(kpi) == "ratio",
        "by_amount": isinstance(kpi, Share) and kpi.by_amount,
        "by_key": isinstance(kpi, Share),
        "has_lengths": isinstance(kpi, Interval | Score | Due),
        "has_shares": isinstance(kpi, Interval),
        "has_all_dims": kpi.stage != "*",
        "has_completeness": not isinstance(kpi, Volume | Rate | Quality),
        "per": kpi.per if isinstance(kpi, Rate) else 100,
        "split": kpi.by if isinstance(kpi, Split) else "",
        "gauge": kpi.gauge if isinstance(kpi, Quality) else "",
    }


def _headline(kpi: Kpi) -> str:
    """Which of its numbers is the KPI's value."""
    match kpi:
        case Interval() | Score():
            return kpi.statistics[0]
        case Volume():
            return "count"
    return "ratio"


def _unit_of_lengths(kpi: Kpi) -> str:
    return kpi.lengths_in if isinstance(kpi, Due) else kpi.unit


def _own_query(kpi: Kpi) -> str:
    return _OF_EVENTS if isinstance(kpi, Quality) and kpi.gauge == "late" else _WHOLE.get(type(kpi), "")


def kpi_query(kpi: Kpi) -> str:
    """The query of values of a KPI, and of those that go together with it: over rows as their kind judges them."""
    if own := _own_query(kpi):
        return query(own)
    values = query("kpi_values").replace("{judged}", query(_JUDGES[type(kpi)]))
    return query("kpi_split").replace("{values}", values) if isinstance(kpi, Split) else values


def stamp(ms: int) -> str:
    """An instant as ClickHouse reads it."""
    return f"{datetime.fromtimestamp(ms // 1000, UTC):%Y-%m-%d %H:%M:%S}.{ms % 1000:03d}"
