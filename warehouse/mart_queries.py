"""The marts' queries and what they are asked with: folders of `marts/`, parameters from site and catalogues.

A mart is a folder with a `query.sql` whose first line states its grain. Some are working relations (`facts`,
`visits` …) that live as long as one build; each stage has one that drafts its rows; `kpi_*` aggregate them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from streams.house import HouseRules
from streams.kpis import catalogue as kpi_catalogue
from streams.kpis.kpi import Due, Interval, Kpi, Quality, Share, Volume
from streams.kpis.numbers import UNIT_MS
from streams.stages import stages
from streams.stages.stage import INCOMPLETE, REAL_BUT_EXCLUDED

MARTS = Path(__file__).resolve().parent / "marts"

# Working relations of a build, in the order in which they can be made.
RELATIONS = (
    "moves", "tellings", "named", "links", "facts", "visits", "tickets", "emergencies", "bills", "orders",
    "prescriptions", "drafts",
)  # fmt: skip

_AGGREGATES: dict[type[Kpi], str] = {
    Interval: "kpi_interval",
    Share: "kpi_share",
    Due: "kpi_due",
    Volume: "kpi_volume",
    Quality: "kpi_quality",
}


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
    return [kpi for kpi in kpi_catalogue().values() if kpi.mode != "L" and type(kpi) in _AGGREGATES]


def cuts(dims: tuple[str, ...]) -> list[list[str]]:
    """The cuts of a KPI: none, each dimension, and department with each other."""
    pairs = [["dept", name] for name in dims if name != "dept"] if "dept" in dims else []
    return [[], *([name] for name in dims), *pairs]


def parameters(house: HouseRules, day: str, as_of_ms: int, computed_ms: int) -> dict[str, Any]:
    """The parameters that any query of a build may name: the day, the house and its thresholds."""
    declared = stages()
    ceilings = {code: house.ceilings_s.get(code, stage.ceiling_s) for code, stage in declared.items()}
    return {
        "facility": house.facility_id,
        "day": day,
        "zone": house.zone,
        "as_of": stamp(as_of_ms),
        "computed_at": stamp(computed_ms),
        "day_closes_at": stamp(house.day_closes_at(day)),
        "session_end": house.session_end,
        "session_ends": house.session_ends,
        "skew_ms": house.skew_ms,
        "within_s": {code: house.within_s(code, stage.within_s) for code, stage in declared.items()},
        "ceilings_ms": {code: s * 1000 for code, s in ceilings.items() if s is not None},
        "start_buckets": [code for code, stage in declared.items() if stage.bucket == "start"],
        "scopes": {code: stage.scope for code, stage in declared.items()},
        "priority": list(house.source_priority),
        "real": sorted(REAL_BUT_EXCLUDED),
        "incomplete": sorted(INCOMPLETE),
    }


def kpi_parameters(kpi: Kpi) -> dict[str, Any]:
    """The parameters of one KPI's aggregate."""
    over = (
        [code for code, stage in stages().items() if stage.kind == "interval"] if kpi.stage == "*" else list(kpi.over)
    )
    own: dict[str, Any] = {
        "kpi": kpi.code,
        "version": kpi.version,
        "stages": over,
        "unfinished": {code: stages()[code].unfinished for code in over},
        "series": list(kpi.series),
        "cuts": cuts(kpi.dims),
    }
    if isinstance(kpi, Interval):
        own |= {"unit_ms": UNIT_MS[kpi.unit], "headline": kpi.statistics[0], "shares_s": list(kpi.shares_s)}
    elif isinstance(kpi, Due):
        own |= {
            "unit_ms": UNIT_MS[kpi.lengths_in],
            "overdue_counts": [code for code in over if stages()[code].overdue_counts],
        }
    elif isinstance(kpi, Share):
        own |= {"by_amount": kpi.by_amount}
    elif isinstance(kpi, Quality):
        own |= {"gauge": kpi.gauge}
    return own


def aggregate(kpi: Kpi) -> str:
    """The statement that adds a KPI's values to the build."""
    return f"insert into kpi_values_building\n{query(_AGGREGATES[type(kpi)])}"


def stamp(ms: int) -> str:
    """An instant as ClickHouse reads it."""
    return f"{datetime.fromtimestamp(ms // 1000, UTC):%Y-%m-%d %H:%M:%S}.{ms % 1000:03d}"
