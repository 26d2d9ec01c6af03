"""One day's marts: the stage rows in SQL and the KPI values over them, put in the day's place in one step.

A mart is a folder of `marts/` with a `query.sql` whose first line states its grain. Some are working relations
(`facts`, `visits` …) that live as long as one build; each stage has one that drafts its rows; `kpi_*` aggregate them.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from ingest.settings import Site
from streams.house import HouseRules, house_rules
from streams.kpis import catalogue as kpi_catalogue
from streams.kpis.aggregate import UNIT_MS
from streams.kpis.kpi import Interval, Kpi, Quality, Share, Volume
from streams.stages import stages
from streams.stages.stage import INCOMPLETE, REAL_BUT_EXCLUDED
from warehouse.client import Warehouse
from warehouse.views import fill_day

MARTS = Path(__file__).resolve().parent / "marts"

# Working relations of a build, in the order in which they can be made.
RELATIONS = (
    "moves", "links", "facts", "visits", "tickets", "emergencies", "bills", "orders", "prescriptions", "drafts",
)  # fmt: skip

_AGGREGATES: dict[type[Kpi], str] = {
    Interval: "kpi_interval",
    Share: "kpi_share",
    Volume: "kpi_volume",
    Quality: "kpi_quality",
}


class DayReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a build made: rows per stage and per KPI, and where the time went."""

    facility_id: str
    day: str
    as_of_ms: int
    computed_ms: int
    events: int
    rows: dict[str, int]
    values: dict[str, int]
    seconds: dict[str, float]


def query(mart: str) -> str:
    """The text of a mart's query."""
    return (MARTS / mart / "query.sql").read_text("utf-8")


def grain(mart: str) -> str:
    """What one row of a mart is: the first line of its query."""
    return query(mart).splitlines()[0].removeprefix("--").strip()


def marts() -> list[str]:
    """All marts, by name."""
    return sorted(path.parent.name for path in MARTS.glob("*/query.sql"))


def build_day(warehouse: Warehouse, site: Site, day: str, as_of_ms: int) -> DayReport:
    """Make the day's stage rows and KPI values and let them take the day's place.

    `day` is a local date, ISO; `as_of_ms` the instant at which the day is judged: what is open then is waiting,
    what is open beyond its `open_until` counts as unfinished. Until the end readers see the day as it was.
    """
    house = house_rules(site)
    seconds: dict[str, float] = {}
    computed_ms = int(datetime.now(UTC).timestamp() * 1000)
    shared = _shared(house, day, as_of_ms, computed_ms)
    with _timed(seconds, "events"):
        events = fill_day(warehouse, site, day)
    with _working(warehouse) as names:
        for relation in RELATIONS:
            with _timed(seconds, relation):
                warehouse.command(query(relation), {**shared, **names})
        for code in stages():
            with _timed(seconds, code):
                warehouse.command(query(code), {**shared, **names})
        _empty(warehouse, house.facility_id, day)
        with _timed(seconds, "stage_rows"):
            warehouse.command(query("stage_rows"), {**shared, **names})
    for kpi in measured():
        with _timed(seconds, kpi.code):
            warehouse.command(_aggregate(kpi), {**shared, **_of_kpi(kpi)})
    report = DayReport(
        facility_id=house.facility_id,
        day=day,
        as_of_ms=as_of_ms,
        computed_ms=computed_ms,
        events=events,
        rows=_counted(warehouse, "stage_rows_building", "stage", house.facility_id, day),
        values=_counted(warehouse, "kpi_values_building", "kpi", house.facility_id, day),
        seconds=seconds,
    )
    _publish(warehouse, report)
    return report


def measured() -> list[Kpi]:
    """The KPIs that have daily values: all but those that only exist while somebody looks."""
    return [kpi for kpi in kpi_catalogue().values() if kpi.mode != "L" and type(kpi) in _AGGREGATES]


def cuts(dims: tuple[str, ...]) -> list[list[str]]:
    """The cuts of a KPI: none, each dimension, and department with each other."""
    pairs = [["dept", name] for name in dims if name != "dept"] if "dept" in dims else []
    return [[], *([name] for name in dims), *pairs]


def _shared(house: HouseRules, day: str, as_of_ms: int, computed_ms: int) -> dict[str, Any]:
    """The parameters that any query of a build may name: the day, the house and its thresholds."""
    declared = stages()
    ceilings = {code: house.ceilings_s.get(code, stage.ceiling_s) for code, stage in declared.items()}
    return {
        "facility": house.facility_id,
        "day": day,
        "zone": house.zone,
        "as_of": _stamp(as_of_ms),
        "computed_at": _stamp(computed_ms),
        "day_closes_at": _stamp(house.day_closes_at(day)),
        "session_end": house.session_end,
        "session_ends": house.session_ends,
        "skew_ms": house.skew_ms,
        "ceilings_ms": {code: s * 1000 for code, s in ceilings.items() if s is not None},
        "start_buckets": [code for code, stage in declared.items() if stage.bucket == "start"],
        "scopes": {code: stage.scope for code, stage in declared.items()},
        "priority": list(house.source_priority),
        "real": sorted(REAL_BUT_EXCLUDED),
        "incomplete": sorted(INCOMPLETE),
    }


def _of_kpi(kpi: Kpi) -> dict[str, Any]:
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
    elif isinstance(kpi, Share):
        own |= {"by_amount": kpi.by_amount}
    elif isinstance(kpi, Quality):
        own |= {"gauge": kpi.gauge}
    return own


def _aggregate(kpi: Kpi) -> str:
    return f"insert into kpi_values_building\n{query(_AGGREGATES[type(kpi)])}"


@contextmanager
def _working(warehouse: Warehouse) -> Iterator[dict[str, str]]:
    """Names for a build's working relations; what was made of them is dropped at the end, come what may."""
    token = secrets.token_hex(4)
    names = {relation: f"working_{relation}_{token}" for relation in RELATIONS}
    try:
        yield names
    finally:
        for name in names.values():
            warehouse.command("drop table if exists {name:Identifier} sync", {"name": name})


def _empty(warehouse: Warehouse, facility: str, day: str) -> None:
    for table in ("stage_rows_building", "kpi_values_building"):
        warehouse.command(f"alter table {table} drop partition {_partition(facility, day)}")


def _publish(warehouse: Warehouse, report: DayReport) -> None:
    """The building twins' partitions take the place of the day's, and the build is written down."""
    partition = _partition(report.facility_id, report.day)
    for table, made in (("stage_rows", report.rows), ("kpi_values", report.values)):
        # ClickHouse refuses to replace a partition by nothing.
        change = f"replace partition {partition} from {table}_building" if made else f"drop partition {partition}"
        warehouse.command(f"alter table {table} {change}")
    _empty(warehouse, report.facility_id, report.day)
    build = {
        "facility_id": report.facility_id,
        "day": report.day,
        "as_of": _stamp(report.as_of_ms),
        "computed_at": _stamp(report.computed_ms),
        "events": report.events,
        "stage_rows": sum(report.rows.values()),
        "kpi_values": sum(report.values.values()),
        "seconds": round(sum(report.seconds.values()), 3),
    }
    warehouse.insert_json("mart_builds", msgspec.json.encode(build))


def _partition(facility: str, day: str) -> str:
    """A partition's name as ALTER wants it: a literal, so what goes in is checked to be one."""
    if not re.fullmatch(r"[\w.-]+", facility) or not re.fullmatch(r"\d{4}-\d\d-\d\d", day):
        raise ValueError("facility or day is no partition name")
    return f"('{facility}', '{day}')"


def _counted(warehouse: Warehouse, table: str, column: str, facility: str, day: str) -> dict[str, int]:
    rows = warehouse.rows(
        "select toString({column:Identifier}) as name, count() as n from {table:Identifier}"
        " where facility_id = {facility:String} and day = {day:Date} group by name order by name",
        {"column": column, "table": table, "facility": facility, "day": day},
    )
    return {row["name"]: row["n"] for row in rows}


@contextmanager
def _timed(seconds: Mapping[str, float], name: str) -> Iterator[None]:
    began = time.perf_counter()
    try:
        yield
    finally:
        seconds[name] = round(time.perf_counter() - began, 3)  # type: ignore[index]


def _stamp(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms // 1000, UTC):%Y-%m-%d %H:%M:%S}.{ms % 1000:03d}"
