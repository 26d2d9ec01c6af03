"""What is behind a number: today's from live values, the usual and the visits from the warehouse.

Without a warehouse the panel still opens and says what it cannot show.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
import structlog

from board import panel_html
from board.behind import BehindRow, Bin, Hour, Panel
from board.cells_now import domains_of, percentiles, state_of
from board.live import Live
from board.past import Past
from board.rollup import KEPT
from board.tiles import gaps_of, parts_of, splits_of
from board.words import Language
from ingest.clock import real_now_ms
from ingest.errors import Misconfigured, Unavailable
from ingest.events import catalogue as events
from ingest.settings import Site
from streams.cells import Partial
from streams.kpis import catalogue
from streams.kpis.aggregate import Value, value_of
from streams.kpis.kpi import Interval, Kpi
from streams.kpis.merging import merge, overdue
from streams.kpis.numbers import UNIT_MS
from streams.measurable import lacking, titles
from streams.stages import stages
from warehouse.client import QueryFailed

log = structlog.get_logger()
BARS = 24
_AWAY = (Unavailable, Misconfigured, QueryFailed)
T = TypeVar("T")


class Panels:
    """Makes panels for the server."""

    def __init__(self, site: Site, live: Live, *, history: bool = True) -> None:
        self._site, self._live = site, live
        self._past = Past(site, live.checks.warehouse) if history else None

    def page(self, kpi: str, asked: dict[str, str], lang: Language, *, with_visits: bool) -> str | None:
        """The panel of a measure as HTML, None when there is no such measure."""
        found = self.content(kpi, asked, with_visits=with_visits)
        return None if found is None else panel_html.panel(found, lang)

    def json(self, kpi: str, asked: dict[str, str], *, with_visits: bool) -> object | None:
        """The same as plain values."""
        found = self.content(kpi, asked, with_visits=with_visits)
        return None if found is None else msgspec.to_builtins(found)

    def checks(self, day: str, lang: Language) -> bytes | None:
        """The page of checks of a day, or of the last one that was checked; None when there is none."""
        if self._past is None:
            return None
        try:
            found = day or self._past.last_checked(self._live.today)
            return self._past.checks(found, lang) if found else None
        except _AWAY as error:
            log.info("no checks to show", reason=type(error).__name__)
            return None

    def content(self, code: str, asked: dict[str, str], *, with_visits: bool) -> Panel | None:
        """Everything behind one number."""
        kpi = catalogue().get(code)
        if kpi is None:
            return None
        where = {name: value for name, value in asked.items() if name in KEPT and value}
        panel = self._today(kpi, where)
        if self._past is None:
            return msgspec.structs.replace(panel, has_history=False, may_see_visits=with_visits)
        return self._with_past(self._past, kpi, panel, where, with_visits)

    def _today(self, kpi: Kpi, where: dict[str, str]) -> Panel:
        live, zone = self._live, self._live.view.zone
        at = live.clock.now_ms()
        with live.lock:
            parts = parts_of(kpi, where, live.rollup)
            hours = {hour: parts_of(kpi, where, live.rollup, hour) for hour in range(24)}
            moment = live.moment(real_now_ms())
            groups = gaps_of(kpi, where, live.rollup)
            split = splits_of(kpi, where, live.rollup, at)
        value = value_of(kpi, parts, at)
        target = live.view.targets.get(kpi.code)
        _, trouble = state_of(kpi, moment)
        lengths = _lengths(kpi, parts, at)
        needs = lacking(kpi, moment.arrived, at)
        return Panel(
            kpi=kpi.code, zh=kpi.zh, en=kpi.en, formula_zh=kpi.formula_zh, formula_en=kpi.formula_en,
            version=kpi.version, source=kpi.source, unit=kpi.unit, not_applied=kpi.not_applied, where=where,
            dept=live.view.name(where["dept"]) if "dept" in where else ("", ""),
            day=live.today, zone=zone.key, at=at,
            target=target.value if target else None,
            direction=target.direction if target else "",
            statistic=target.statistic if target else "",
            value=value.value, **_statistics(kpi, value),
            p50_with_waiting=lengths[0], p90_with_waiting=lengths[1], at_least=lengths[2],
            finished=value.n, waiting=value.waiting, oldest_since=value.oldest_since,
            completeness=value.completeness, excluded=tuple(value.excluded.items()),
            bins=_bins(kpi, parts, at),
            hours=_with_usual(_hours(kpi, hours, at), []),
            feeds=_feeds(kpi, moment.told),
            trouble=trouble,
            needs=titles(needs) if needs else None,
            checks=tuple(check for check in moment.checks if check.kpi == kpi.code),
            alarms=moment.alarms.about(kpi.code, where, zone, live.today),
            gaps=groups, passing=split[0] if split else None, passing_hour=split[1] if split else None,
        )  # fmt: skip

    def _with_past(self, past: Past, kpi: Kpi, panel: Panel, where: dict[str, str], with_visits: bool) -> Panel:
        usual = _tried(lambda: past.usual(kpi.code, panel.day, where))
        if usual is None:
            return msgspec.structs.replace(panel, has_history=False, may_see_visits=with_visits)
        yesterday = self._live.day_before(panel.day)
        published = _tried(lambda: past.published(kpi, yesterday, where)) or []
        rows: list[BehindRow] = []
        as_of: int | None = None
        if with_visits and kpi.stage != "*":
            found = _tried(lambda: past.rows(kpi.over, panel.day, where, None, panel.at))
            rows, as_of = found if found is not None else (rows, as_of)
        return msgspec.structs.replace(
            panel,
            hours=_with_usual(panel.hours, usual),
            rows=tuple(self._named(row) for row in rows),
            rows_as_of=as_of,
            published=tuple(published),
            may_see_visits=with_visits,
        )

    def _named(self, row: BehindRow) -> BehindRow:
        return msgspec.structs.replace(row, dept_name=self._live.view.name(row.dept)) if row.dept else row

    def timeline(self, scope_id: str, day: str, lang: Language) -> str:
        """Stages and events of one visit, ticket, order, bill or prescription as HTML."""
        past = self._past
        passed = _tried(lambda: past.stages_of(scope_id, day or self._live.today)) if past else None
        told = _tried(lambda: past.events_of(scope_id)) if past else None
        known = stages()
        lines = [
            (
                _stage_name(known[row["stage"]], lang) if row["stage"] in known else row["stage"],
                row["started_ms"],
                row["ended_ms"],
                row["excluded"],
            )
            for row in passed or ()
        ]
        titled = [_titled(row, lang) for row in told or ()]
        return panel_html.timeline(lines, titled, self._live.view.zone, lang)


def _tried(ask: Callable[[], T]) -> T | None:
    """What the warehouse answers; None when it cannot, which the log says and the page shows."""
    try:
        return ask()
    except _AWAY as error:
        log.warning("no history", reason=type(error).__name__)
        return None


def _stage_name(stage: Any, lang: Language) -> str:
    return str(stage.zh if lang == "zh" else stage.en)


def _titled(row: dict[str, Any], lang: Language) -> dict[str, Any]:
    kind = events().get(row["event_type"])
    title = kind.title[0 if lang == "zh" else 1] if kind is not None else row["event_type"]
    # Nearly every message leaves its zone to the site's: no news about this one.
    flags = [
        *(flag for flag in row["quality_flags"] if flag != "tz_defaulted"),
        *(["retracted"] if row["op"] == "retract" else []),
    ]
    if row["tellings"] > 1:
        flags.append(f"×{row['tellings']}")
    return {**row, "title": title, "flags": flags}


def _statistics(kpi: Kpi, value: Value) -> dict[str, Any]:
    """Of lengths. What was due has them too, in a unit of their own: the panel shows its share only."""
    return {"p50": value.p50, "p90": value.p90, "mean": value.mean} if isinstance(kpi, Interval) else {}


def _lengths(kpi: Kpi, parts: dict[str, Partial], at: int) -> tuple[float | None, float | None, bool]:
    if not isinstance(kpi, Interval):
        return None, None, False
    p50, p90, at_least = percentiles(_judged(kpi, parts, at), at)
    unit = UNIT_MS[kpi.unit]
    return (None if p50 is None else p50 / unit), (None if p90 is None else p90 / unit), at_least


def _judged(kpi: Kpi, parts: dict[str, Partial], at: int) -> Partial:
    return merge(overdue(part, stages()[kpi.stage].unfinished, at) for part in parts.values())


def _bins(kpi: Kpi, parts: dict[str, Partial], at: int) -> tuple[Bin, ...]:
    """The finished lengths and the waits so far in equal bars, from 0 to the longest."""
    if not isinstance(kpi, Interval):
        return ()
    total, unit_s = _judged(kpi, parts, at), UNIT_MS[kpi.unit] / 1000
    done = [second / unit_s for second in total.seconds]
    waits = [(at - since) / 1000 / unit_s for since, _ in total.waiting]
    if not done and not waits:
        return ()
    wide = _width(max([*done, *waits]))
    bars = int(max([*done, *waits]) // wide) + 1
    finished, waiting = [0] * bars, [0] * bars
    for length in done:
        finished[int(length // wide)] += 1
    for length in waits:
        waiting[int(max(length, 0) // wide)] += 1
    return tuple(Bin(i * wide, (i + 1) * wide, finished[i], waiting[i]) for i in range(bars))


def _width(longest: float) -> float:
    """The width of a bar, a round number, such that there are at most some two dozen."""
    return next(wide for wide in (0.25, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 240, 1e9) if longest / wide <= BARS)


def _hours(kpi: Kpi, hours: dict[int, dict[str, Partial]], at: int) -> tuple[Hour, ...]:
    values = {hour: value_of(kpi, parts, at) for hour, parts in hours.items()}
    return tuple(Hour(hour=hour, n=value.n, value=value.value) for hour, value in values.items())


def _with_usual(hours: tuple[Hour, ...], usual: list[dict[str, Any]]) -> tuple[Hour, ...]:
    known = {row["hour"]: row["quartiles"] for row in usual if row["hour"] is not None}
    joined = [
        msgspec.structs.replace(h, low=known[h.hour][0], usual=known[h.hour][1], high=known[h.hour][2])
        if h.hour in known
        else h
        for h in hours
    ]
    told = [h.hour for h in joined if h.n or h.usual is not None]
    return tuple(h for h in joined if told and told[0] <= h.hour <= told[-1])


def _feeds(kpi: Kpi, told: dict[str, Any]) -> tuple[str, ...]:
    wanted = domains_of(kpi)
    return tuple(sorted(source for source, heard in told.items() if wanted & heard.domains))
