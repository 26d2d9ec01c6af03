"""One day's marts: the stage rows in SQL and the KPI values over them, put in the day's place in one step.

A build makes rows and values beside the day as it was (`*_building`); checks may look at them there; publishing lets
them take the day's place. Its steps may run in one process or in several, and each may be run again.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import msgspec

from ingest.clock import real_now_ms
from ingest.settings import Site
from streams.house import house_rules
from streams.kpis.kpi import Kpi
from streams.stages import stages
from warehouse.client import Warehouse
from warehouse.closed_days import is_over
from warehouse.day_lock import LONGEST_WAIT_S, DayLock
from warehouse.final import final_of, not_put_back, put_back
from warehouse.idle import at_work
from warehouse.ledger import enter_adjustments, enter_day
from warehouse.mart_queries import (
    RELATIONS,
    grain,
    kpi_parameters,
    kpi_query,
    marts,
    measured,
    over_days,
    parameters,
    query,
    stamp,
    together,
)
from warehouse.partitions import empty, partition, take_place
from warehouse.restated import note_restated
from warehouse.retention import refuse_forgotten
from warehouse.undisturbed import undisturbed
from warehouse.views import fill_day

__all__ = ["DayBuild", "DayReport", "build_day", "grain", "marts", "measured", "query"]


_IS_WRITTEN = """
select count() as n from mart_builds
where facility_id = {facility:String} and day = {day:Date} and computed_at = {computed_at:DateTime64(3, 'UTC')}
"""
_THERE = "select name from system.tables where database = {database:String} and has({names:Array(String)}, name)"


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


class DayBuild:
    """The build of one day. `day` is a local date, ISO; `as_of_ms` the instant at which the day is judged: what is
    open then is waiting, what is open beyond its `open_until` counts as unfinished."""

    def __init__(self, warehouse: Warehouse, site: Site, day: str, as_of_ms: int) -> None:
        self._warehouse = warehouse
        self._site = site
        self._house = house_rules(site)
        self._where = {"facility": self._house.facility_id, "day": day}
        self._partition = partition(self._house.facility_id, day)
        self._instants: tuple[int, int] | None = None
        self._told_as_of_ms = as_of_ms
        self._made: set[str] | None = None  # which KPIs have values beside the day; None: another process knows
        self.day = day
        self.seconds: dict[str, float] = {}

    def make_rows(self) -> dict[str, int]:
        """Make the day's stage rows; returns how many of each stage. Begins the build anew."""
        self._instants = (self._told_as_of_ms, real_now_ms())
        refuse_forgotten(self._warehouse, self.day, date.fromisoformat(self.day))
        with _timed(self.seconds, "events"):
            fill_day(self._warehouse, self._site, self.day)
        shared = self._parameters()
        self._empty()
        self._made = set()
        with _working(self._warehouse, f"{self._house.facility_id} {self.day}") as names:
            self._run(RELATIONS, shared | names)
            self._run(at_work(self._warehouse, stages(), names), shared | names)
            self._run(["stage_rows"], shared | names)
        return self._counted("stage_rows_building", "stage")

    def _run(self, steps: Sequence[str], asked: Mapping[str, Any]) -> None:
        for step in steps:
            with _timed(self.seconds, step):
                self._warehouse.command(query(step), asked)

    def make_values(self, *kpis: Kpi) -> None:
        """Make KPIs' values from the rows. May be run again."""
        of_day = self._parameters() | over_days("stage_rows_building", "day", self.day, self.day)
        for group in together(kpis):
            self._forget([kpi.code for kpi in group])
            with _timed(self.seconds, "kpi_values"):
                statement = f"insert into kpi_values_building\n{kpi_query(group[0])}"
                self._warehouse.command(statement, of_day | kpi_parameters(*group))

    def _forget(self, codes: list[str]) -> None:
        """Values of these KPIs that this build has made already."""
        asked = {**self._where, "kpis": codes}
        where = "facility_id = {facility:String} and day = {day:Date} and has({kpis:Array(String)}, kpi)"
        if self._made is None:
            is_known = bool(self._warehouse.rows(f"select 1 from kpi_values_building where {where} limit 1", asked))
        else:
            is_known = not self._made.isdisjoint(codes)
            self._made.update(codes)
        if is_known:
            self._warehouse.command(f"delete from kpi_values_building where {where}", asked)

    def publish(self) -> DayReport:
        """The building twins' partitions take the day's place, and the build is written down; what a day that is over
        says is entered in the ledger. Interrupted anywhere, it may be run again: what is built goes last."""
        (as_of_ms, _), published_ms = self._judged(), real_now_ms()
        is_published = is_over(self._house, self.day, as_of_ms)
        if is_published:
            note_restated(self._warehouse, self._site, self.day, published_ms)
            self._keep_final(published_ms)
        report = self._report()
        take_place(self._warehouse, "stage_rows", self._partition, bool(report.rows))
        take_place(self._warehouse, "kpi_values", self._partition, bool(report.values))
        if is_published:
            enter_day(self._warehouse, self._site, self.day, report.as_of_ms, published_ms, report.computed_ms)
        if not self._warehouse.rows(_IS_WRITTEN, self._where | {"computed_at": stamp(report.computed_ms)})[0]["n"]:
            self._warehouse.insert_json("mart_builds", msgspec.json.encode(_written(report)))
        self._empty()
        return report

    def _keep_final(self, published_ms: int) -> None:
        """What of the day is final stays, and what would be different in it is entered as adjustments."""
        as_of_ms, computed_ms = self._judged()
        final = final_of(self._warehouse, self._house, self.day, as_of_ms)
        new = not_put_back(self._warehouse, self._house, self.day, final, stamp(computed_ms))
        enter_adjustments(self._warehouse, self._house.facility_id, self.day, new, as_of_ms, published_ms)
        put_back(self._warehouse, self._house, self.day, final)

    def _parameters(self) -> dict[str, Any]:
        as_of_ms, computed_ms = self._judged()
        return parameters(self._house, self.day, as_of_ms, computed_ms)

    def _judged(self) -> tuple[int, int]:
        """As of when the build is judged and when it began: what its rows say, so that all its steps agree."""
        if self._instants is None:
            found = self._warehouse.rows(
                "select toUnixTimestamp64Milli(max(as_of)) as as_of, toUnixTimestamp64Milli(max(computed_at)) as began,"
                " count() as n from stage_rows_building where facility_id = {facility:String} and day = {day:Date}",
                self._where,
            )[0]
            self._instants = (found["as_of"], found["began"]) if found["n"] else (self._told_as_of_ms, real_now_ms())
        return self._instants

    def _empty(self) -> None:
        for table in ("stage_rows_building", "kpi_values_building"):
            empty(self._warehouse, table, self._partition)

    def _report(self) -> DayReport:
        as_of_ms, computed_ms = self._judged()
        events = self._warehouse.rows("select count() as n from day_events where build_day = {day:Date}", self._where)
        return DayReport(
            facility_id=self._house.facility_id,
            day=self.day,
            as_of_ms=as_of_ms,
            computed_ms=computed_ms,
            events=events[0]["n"],
            rows=self._counted("stage_rows_building", "stage"),
            values=self._counted("kpi_values_building", "kpi"),
            seconds=self.seconds,
        )

    def _counted(self, table: str, column: str) -> dict[str, int]:
        rows = self._warehouse.rows(
            "select toString({column:Identifier}) as name, count() as n from {table:Identifier}"
            " where facility_id = {facility:String} and day = {day:Date} group by name order by name",
            {"column": column, "table": table, **self._where},
        )
        return {row["name"]: row["n"] for row in rows}


def build_day(
    warehouse: Warehouse, site: Site, day: str, as_of_ms: int, wait_s: float = LONGEST_WAIT_S,
    kpis: Sequence[Kpi] | None = None,
) -> DayReport:  # fmt: skip
    """Make the day's stage rows and KPI values and let them take the day's place, in one go and unchecked.

    `kpis`: for whoever looks at few or none of them; the others have no values of the day then. Raises Unavailable
    when another build still has the day after `wait_s`."""
    with DayLock(warehouse, site.hospital.facility_id, day, wait_s):
        build = DayBuild(warehouse, site, day, as_of_ms)
        build.make_rows()
        build.make_values(*(measured() if kpis is None else kpis))
        with undisturbed():
            return build.publish()


def _written(report: DayReport) -> dict[str, Any]:
    return {
        "facility_id": report.facility_id,
        "day": report.day,
        "as_of": stamp(report.as_of_ms),
        "computed_at": stamp(report.computed_ms),
        "events": report.events,
        "stage_rows": sum(report.rows.values()),
        "kpi_values": sum(report.values.values()),
        "seconds": round(sum(report.seconds.values()), 3),
    }


@contextmanager
def _working(warehouse: Warehouse, build: str) -> Iterator[dict[str, str]]:
    """Names for a build's working relations; what was made of them is dropped at the end. They are the same for every
    build of a day, of which there is one at a time, so that one that was killed leaves none behind for long."""
    token = hashlib.sha256(build.encode()).hexdigest()[:8]
    names = {relation: f"working_{relation}_{token}" for relation in RELATIONS}
    _drop(warehouse, names.values())
    try:
        yield names
    finally:
        _drop(warehouse, names.values())


def _drop(warehouse: Warehouse, names: Iterable[str]) -> None:
    for row in warehouse.rows(_THERE, {"database": warehouse.database, "names": list(names)}):
        warehouse.command("drop table if exists {name:Identifier} sync", {"name": row["name"]})


@contextmanager
def _timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    began = time.perf_counter()
    try:
        yield
    finally:
        seconds[name] = round(seconds.get(name, 0) + time.perf_counter() - began, 3)
