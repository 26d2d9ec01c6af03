"""What the warehouse knows behind a number: the usual for this weekday, the rows, the visits and their events.

Rows of a day that is not over are made anew when somebody looks and they are older than a minute, by one at a time:
whoever looks meanwhile sees the last ones, and as of when they are.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

import structlog

from board.behind import BehindRow, Published
from ingest.calendar import calendar_of
from ingest.settings import Site
from orchestration.reports.checks import checks_page
from orchestration.reports.html import html_of
from orchestration.reports.reading_checks import read_checks
from orchestration.reports.writing import Language
from streams.kpis.kpi import Kpi
from warehouse import kpi_history as history
from warehouse.check_rows import last_checked
from warehouse.client import Warehouse
from warehouse.history import Row, rows_behind, timeline, usual, values_of_day
from warehouse.kpi_history import history_of
from warehouse.marts import build_day
from warehouse.shown import built_as_of, stages_of

log = structlog.get_logger()
FRESH_S = 60.0
MOST_ROWS = 60


class Past:
    """Reads for one site. Every method raises Unavailable, Misconfigured or QueryFailed when the warehouse cannot."""

    def __init__(self, site: Site, warehouse: Callable[[], Warehouse]) -> None:
        self._site, self._warehouse = site, warehouse
        self._facility = site.hospital.facility_id
        self._building = threading.Lock()
        self._tried_at: dict[str, float] = {}  # day → when it was last built, or begun to be
        self._built = ""  # the day whose rows are there

    def usual(self, kpi: str, day: str, where: Mapping[str, str]) -> list[Row]:
        """Quartiles of the days like it, by hour (None: the day)."""
        calendar = calendar_of(self._site)
        return usual(self._warehouse(), self._facility, kpi, day, _single(where), calendar=calendar)

    def rows(
        self, stages: tuple[str, ...], day: str, where: Mapping[str, str], hour: int | None, now_ms: int | None
    ) -> tuple[list[BehindRow], int | None]:
        """The rows behind a number, longest first, and as of when. `now_ms` is given for a day that is not over."""
        if now_ms is not None:
            self._make_fresh(day, now_ms)
        asked = rows_behind(
            self._warehouse(), self._facility, self._site.hospital.zone, stages, day, _single(where), hour,
            most=MOST_ROWS if _single(where) == dict(where) else MOST_ROWS * 20,
        )  # fmt: skip
        several = {name: set(value.split(",")) for name, value in where.items() if "," in value}
        fitting = (row for row in asked if all(row["dims"].get(name) in wanted for name, wanted in several.items()))
        return [_row(row) for row in fitting][:MOST_ROWS], built_as_of(self._warehouse(), self._facility, day)

    def published(self, kpi: Kpi, day: str, where: Mapping[str, str]) -> list[Published]:
        """Every value that was published of a day, oldest first; of a day that was none, what the mart has."""
        told = history_of(self._warehouse(), self._facility, kpi, "day", day, _single(where))
        if told:
            return [_published(day, each) for each in told]
        found = values_of_day(self._warehouse(), self._facility, kpi.code, day, _single(where))
        said = [
            Published(day=day, value=row["value"], n=row["n"], computed_at=row["computed_ms"])
            for row in found
            if row["series"] == ""
        ]
        return said[:1]

    def checks(self, day: str, lang: Language) -> bytes:
        """The page of checks of a day. Raises Misconfigured when nothing was checked."""
        return html_of(checks_page(read_checks(self._warehouse(), self._site, day), lang))

    def last_checked(self, until: str) -> str | None:
        """The newest day up to one that was checked."""
        return last_checked(self._warehouse(), self._facility, until)

    def stages_of(self, scope_id: str, day: str) -> list[Row]:
        """The stages that somebody went through on a day."""
        return stages_of(self._warehouse(), self._facility, day, scope_id)

    def events_of(self, scope_id: str) -> list[Row]:
        """All that was told of a visit, ticket, order, bill or prescription."""
        return timeline(self._warehouse(), self._facility, scope_id, self._site.hospital.source_priority)

    def _make_fresh(self, day: str, now_ms: int) -> None:
        # The first rows of a day are waited for; later there are some to show.
        if not self._building.acquire(blocking=self._built != day):
            return
        try:
            if time.monotonic() - self._tried_at.get(day, -FRESH_S) < FRESH_S:
                return
            # Before it is done, so that a warehouse that refuses is not asked at every click.
            self._tried_at = {day: time.monotonic()}
            report = build_day(self._warehouse(), self._site, day, now_ms)
            self._tried_at, self._built = {day: time.monotonic()}, day
            log.info("built for the panel", day=day, rows=sum(report.rows.values()))
        finally:
            self._building.release()


def _single(where: Mapping[str, str]) -> dict[str, str]:
    """The part of a cut that SQL can take as it is: one value a dimension."""
    return {name: value for name, value in where.items() if "," not in value}


def _published(day: str, told: history.Published) -> Published:
    why = tuple(_because(each) for each in told.why)
    return Published(
        day=day, value=told.value, n=told.n, computed_at=told.published_ms, by=told.by, why=why,
        is_adjustment=told.is_adjustment,
    )  # fmt: skip


def _because(why: history.Why) -> tuple[str, str]:
    zh, en = history.CAUSES[why.cause]
    rows = f"{why.rows} × " if why.rows else ""
    return f"{rows}{zh}", f"{rows}{en}"


def _row(row: Row) -> BehindRow:
    return BehindRow(
        scope_id=row["scope_id"],
        visit_id=row["visit_id"],
        dept=row["dims"].get("dept", ""),
        started_at=row["started_ms"],
        ended_at=row["ended_ms"],
        millis=row["millis"],
        excluded=row["excluded"],
        series=row["series"],
        flags=tuple(row["flags"]),
    )
